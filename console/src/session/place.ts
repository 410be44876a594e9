/** Where this console stands: in which realm of the region, by the address that it was served at. */

export interface Place {
  readonly type: 'region' | 'organization';
  /** Of an organization. */
  readonly organization: string | undefined;
  /** What stands before the API's own paths: '' or `/orgs/<org>`. */
  readonly prefix: string;
  /** The path of this console, with its last slash. */
  readonly base: string;
}

/** From the page's base, `…/orgs/<org>/console/` or `…/console/`. Pure. */
export function placeOf(baseUri: string): Place {
  const { pathname } = new URL(baseUri);
  const [, prefix = '', organization] = /^((?:\/orgs\/([^/]+))?)\/console\/$/.exec(pathname) ?? [];
  return {
    type: organization === undefined ? 'region' : 'organization',
    organization,
    prefix,
    base: `${prefix}/console/`,
  };
}

export const place: Place = placeOf(document.baseURI);
