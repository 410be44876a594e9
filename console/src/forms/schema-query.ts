/** The schema of a kind, as the realm itself serves it. */
import { queryOptions } from '@tanstack/react-query';
import { askJson } from '../api/client.ts';
import type { Resource } from '../api/discovery.ts';
import { kindSchema, type ObjectSchema, type OpenApiDocument } from './field-schema.ts';

const document = ({ group, version }: Resource) =>
  queryOptions({
    queryKey: ['openapi', group, version],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () =>
      askJson<OpenApiDocument>(
        group === '' ? `/openapi/v3/api/${version}` : `/openapi/v3/apis/${group}/${version}`,
      ),
  });

/** Null: the realm has no schema of that kind. */
export const schemaOf = (resource: Resource) => ({
  ...document(resource),
  select: (all: OpenApiDocument): ObjectSchema | null => kindSchema(all, resource) ?? null,
});
