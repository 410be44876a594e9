/** A link to the page of another object of a kind. */
import { Link } from '@tanstack/react-router';

export interface ObjectLinkProps {
  /** `volumes.storage.casemate.internal` */
  readonly kind: string;
  readonly project: string | undefined;
  readonly name: string;
}

export const ObjectLink = ({ kind, project, name }: ObjectLinkProps) => (
  <Link to={`/resources/${kind}/${project === undefined ? '' : `${project}/`}${encodeURIComponent(name)}`}>
    {name}
  </Link>
);
