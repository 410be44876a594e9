/**
 * OpenAPI documents of a realm: v3 for each group-version with an index of hashes, and v2 as JSON for older tools. Made on first
 * use, once for each type of realm, from the same catalogue as everything else.
 */
import { createHash } from 'node:crypto';
import type { RealmType } from '../realm-id.ts';
import type { Catalogue, GroupVersion } from './catalogue.ts';
import { resourcePaths } from './openapi-paths.ts';
import { commonSchemas, kindSchema, listSchema, schemaName } from './openapi-schema.ts';

type Json = Record<string, unknown>;

export interface OpenApiDocument {
  readonly bytes: Buffer;
  /** Upper-case hex SHA-512 of the bytes; also the ETag. */
  readonly hash: string;
}

const pathOf = ({ group, version }: GroupVersion) =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`;

export class OpenApi {
  readonly #catalogue: Catalogue;
  readonly #title: { readonly title: string; readonly version: string };
  readonly #v3 = new Map<string, OpenApiDocument>();
  readonly #v2 = new Map<RealmType, OpenApiDocument>();

  constructor(catalogue: Catalogue, version: string) {
    this.#catalogue = catalogue;
    this.#title = { title: 'Casemate', version };
  }

  /** `/openapi/v3`. `prefix` is the realm's, for the relative URLs. */
  index(realm: RealmType, prefix: string) {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const gv of this.#catalogue.groupVersions(realm)) {
      const { hash } = this.#document(realm, gv);
      const path = pathOf(gv);
      paths[path] = { serverRelativeURL: `${prefix}/openapi/v3/${path}?hash=${hash}` };
    }
    return { paths };
  }

  /** `/openapi/v3/apis/G/V`; undefined when it is not served. */
  v3(realm: RealmType, gv: GroupVersion): OpenApiDocument | undefined {
    return this.#catalogue.inGroupVersion(realm, gv).length === 0 ? undefined : this.#document(realm, gv);
  }

  #document(realm: RealmType, gv: GroupVersion): OpenApiDocument {
    const key = `${realm} ${pathOf(gv)}`;
    let document = this.#v3.get(key);
    if (document === undefined) {
      const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
      const { paths, schemas } = this.#parts(realm, [gv], ref);
      document = toDocument({ openapi: '3.0.0', info: this.#title, paths, components: { schemas } });
      this.#v3.set(key, document);
    }
    return document;
  }

  /** `/openapi/v2` as JSON (Swagger 2.0): definitions in full, paths without request bodies' media types. */
  v2(realm: RealmType): OpenApiDocument {
    let document = this.#v2.get(realm);
    if (document === undefined) {
      const ref = (name: string) => ({ $ref: `#/definitions/${name}` });
      const { paths, schemas } = this.#parts(realm, this.#catalogue.groupVersions(realm), ref);
      document = toDocument({
        swagger: '2.0',
        info: this.#title,
        paths: Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, swaggerPath(item)])),
        definitions: schemas,
      });
      this.#v2.set(realm, document);
    }
    return document;
  }

  #parts(realm: RealmType, groupVersions: readonly GroupVersion[], ref: (name: string) => Json) {
    const schemas: Record<string, Json> = commonSchemas(ref);
    const paths: Record<string, Json> = {};
    for (const gv of groupVersions) {
      for (const resource of this.#catalogue.inGroupVersion(realm, gv)) {
        const name = schemaName(resource.kind);
        schemas[name] = kindSchema(resource.kind, ref);
        schemas[`${name}List`] = listSchema(resource.kind, ref);
        Object.assign(paths, resourcePaths(resource, ref));
      }
    }
    return { paths, schemas };
  }
}

function toDocument(value: Json): OpenApiDocument {
  const bytes = Buffer.from(JSON.stringify(value));
  return { bytes, hash: createHash('sha512').update(bytes).digest('hex').toUpperCase() };
}

type Parameter = { readonly schema?: { readonly type?: string }; readonly [key: string]: unknown };

function swaggerParameter({ schema, ...parameter }: Parameter): Json {
  return { ...parameter, type: schema?.type ?? 'string', uniqueItems: true };
}

function swaggerPath(item: Json): Json {
  const result: Json = {};
  for (const [method, value] of Object.entries(item)) {
    if (method === 'parameters') {
      result.parameters = (value as Parameter[]).map(swaggerParameter);
      continue;
    }
    const { requestBody, responses, parameters, ...operation } = value as {
      requestBody?: { content: Record<string, { schema: Json }> };
      responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>;
      parameters?: Parameter[];
    };
    const body = requestBody && Object.values(requestBody.content)[0]?.schema;
    result[method] = {
      ...operation,
      ...(requestBody ? { consumes: Object.keys(requestBody.content) } : {}),
      produces: ['application/json', 'application/yaml'],
      parameters: [
        ...(body ? [{ name: 'body', in: 'body', schema: body }] : []),
        ...(parameters ?? []).map(swaggerParameter),
      ],
      responses: Object.fromEntries(
        Object.entries(responses).map(([code, { description, content }]) => {
          const schema = content && Object.values(content)[0]?.schema;
          return [code, schema ? { description, schema } : { description }];
        }),
      ),
    };
  }
  return result;
}
