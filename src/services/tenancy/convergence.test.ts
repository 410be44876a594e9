import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isStatusError } from '#kernel/errors.ts';
import { organizationRealm, REGION, type RealmId } from '#kernel/realm-id.ts';
import { Namespace } from './namespace.ts';
import { CONFIRM_DELETION, Organization } from './organization.ts';
import { openTestRegion, signingRequest, type TestRegion, Widget } from './testing/region.ts';

/** One thing that may happen to a region; what cannot happen just then is refused, and that is all. */
type Step = (region: TestRegion) => Promise<unknown> | unknown;

const REQUEST = await signingRequest();
const organization = fc.constantFrom('red', 'blue');
const project = fc.constantFrom('web', 'data');
const widget = fc.constantFrom('a', 'b', 'c');

const as = (region: TestRegion, realm: RealmId) => region.as(realm, realm === REGION ? 'operator' : 'alice');

const createOrganization =
  (name: string): Step =>
  (region) =>
    region.inRealm(REGION, ({ resources }) =>
      resources.create(
        Organization,
        undefined,
        {
          metadata: { name, annotations: { [CONFIRM_DELETION]: name } },
          spec: { firstAdministrator: { user: 'alice', request: REQUEST } },
        },
        as(region, REGION),
      ),
    );
const deleteOrganization =
  (name: string): Step =>
  (region) =>
    region.inRealm(REGION, ({ resources }) => resources.delete(Organization, { name }, as(region, REGION)));
const createProject =
  (name: string, project: string): Step =>
  (region) => {
    const realm = organizationRealm(name);
    return region.inRealm(realm, ({ resources }) =>
      resources.create(Namespace, undefined, { metadata: { name: project } }, as(region, realm)),
    );
  };
const deleteProject =
  (name: string, project: string): Step =>
  (region) => {
    const realm = organizationRealm(name);
    return region.inRealm(realm, ({ resources }) =>
      resources.delete(Namespace, { name: project }, as(region, realm)),
    );
  };
const createWidget =
  (name: string, namespace: string, widget: string): Step =>
  (region) => {
    const realm = organizationRealm(name);
    return region.inRealm(realm, ({ resources }) =>
      resources.create(Widget, namespace, { metadata: { name: widget }, spec: {} }, as(region, realm)),
    );
  };
const deleteWidget =
  (name: string, namespace: string, widget: string): Step =>
  (region) => {
    const realm = organizationRealm(name);
    return region.inRealm(realm, ({ resources }) =>
      resources.delete(Widget, { namespace, name: widget }, as(region, realm)),
    );
  };
const engine =
  (away: boolean): Step =>
  (region) => {
    region.engine.away = away;
  };
// Long enough, at times, for idle realms to leave memory and for sweeps to come.
const wait =
  (ms: number): Step =>
  (region) =>
    region.test.clock.advance(ms);
const settle: Step = (region) => region.controllers.idle();

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: organization.map(createOrganization) },
  { weight: 1, arbitrary: organization.map(deleteOrganization) },
  { weight: 3, arbitrary: fc.tuple(organization, project).map(([o, p]) => createProject(o, p)) },
  { weight: 1, arbitrary: fc.tuple(organization, project).map(([o, p]) => deleteProject(o, p)) },
  { weight: 5, arbitrary: fc.tuple(organization, project, widget).map(([o, p, w]) => createWidget(o, p, w)) },
  { weight: 3, arbitrary: fc.tuple(organization, project, widget).map(([o, p, w]) => deleteWidget(o, p, w)) },
  { weight: 2, arbitrary: fc.boolean().map(engine) },
  { weight: 2, arbitrary: fc.constantFrom(1, 300, 5_000, 120_000, 600_000).map(wait) },
  { weight: 2, arbitrary: fc.constant(settle) },
);

/** Every widget there is, by uid; and everything that is still on its way out. */
async function look(region: TestRegion): Promise<{ readonly widgets: string[]; readonly leaving: string[] }> {
  const widgets: string[] = [];
  const leaving: string[] = [];
  for (const realm of await region.test.realms.list()) {
    await region.inRealm(realm, ({ view }) => {
      for (const { uid, namespace = '', name } of view.entries(Widget)) {
        widgets.push(uid);
        assert.ok(
          view.entry(Namespace, { name: namespace }),
          `${realm} ${namespace}/${name} is in no project`,
        );
      }
      for (const kind of [Organization, Namespace, Widget]) {
        for (const entry of view.entries(kind)) {
          if (entry.object().metadata.deletionTimestamp !== undefined)
            leaving.push(`${realm} ${kind.kind} ${entry.name}`);
        }
      }
    });
  }
  return { widgets: widgets.sort(), leaving };
}

describe('a region to which anything may happen', () => {
  it('ends with its engine holding exactly what there is, nothing half deleted, and no realm without its organization', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1 }), async (steps, seed) => {
        const region = await openTestRegion({ seed, limits: { idle_ms: 60_000 } });
        for (const each of steps) {
          try {
            await each(region);
          } catch (error) {
            if (!isStatusError(error)) throw error;
            assert.notEqual(error.code, 500, error.message);
          }
        }
        region.engine.away = false;
        await region.until(async () => (await look(region)).leaving.length === 0 && !isRetrying(region));
        const { widgets } = await look(region);
        assert.deepEqual([...region.engine.held].sort(), widgets);
        const organizations = await region.inRealm(REGION, ({ view }) => view.list(Organization));
        assert.deepEqual(await region.test.realms.list(), [
          REGION,
          ...organizations.map(({ metadata }) => organizationRealm(metadata.name)).sort(),
        ]);
        for (const { metadata, status } of organizations)
          assert.ok(status?.firstAdministrator, metadata.name);
        await region.close();
      }),
      { numRuns: 60, seed: 20_261_121 },
    );
  });
});

const isRetrying = (region: TestRegion): boolean =>
  region.controllers.status().controllers.some(({ failing }) => failing.length > 0);
