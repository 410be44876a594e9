/**
 * Answers FlowQuestions with the direct reading of the rules (`explain.ts`), from the objects of the one project that is asked in: of other
 * projects nothing is looked at, so nothing of them can be found out.
 */
import { contains, parseAddress, parseCidr, type Range } from '#engines/nftables/ipv4.ts';
import { badRequest, invalid } from '#kernel/errors.ts';
import type { Realms } from '#kernel/realm.ts';
import type { Reviewer } from '#kernel/review.ts';
import { explain, type Flow } from './explain.ts';
import type { FlowAnswer, FlowQuestionSpec } from './flow-question.ts';
import { type ProjectOptions, readProject } from './project-state.ts';
import type { Project } from './world.ts';

export interface RegionFacts {
  /** Ranges that the networks of all projects are taken from. */
  readonly pools: readonly Range[];
  /** Addresses that forwards of all projects listen on. */
  readonly forwardAddresses: readonly string[];
  /** Whether the region lets any instance reach past it. */
  readonly outbound: boolean;
}

export interface FlowAnswersOptions extends ProjectOptions, RegionFacts {
  readonly realms: () => Pick<Realms, 'use'>;
}

export function flowReviewer({ realms, ...options }: FlowAnswersOptions): Reviewer {
  return {
    async answer({ realm, namespace = '', spec }) {
      const project = await realms().use(realm, ({ view }) => readProject(view, namespace, options));
      return answerFlow(project, spec as FlowQuestionSpec, options);
    },
  };
}

const wrong = (field: string, message: string) =>
  invalid({ kind: 'FlowQuestion' }, [{ reason: 'FieldValueInvalid', field, message }]);

/** Of several ways that the ends have to each other: the first that gets through, or else the first. Pure. Throws 400, 422. */
export function answerFlow(project: Project, spec: FlowQuestionSpec, region: RegionFacts): FlowAnswer {
  const { from, to, protocol } = spec;
  const forward =
    to.forward === undefined ? undefined : project.forwards.find(({ name }) => name === to.forward);
  if (to.forward !== undefined && forward === undefined)
    throw wrong('spec.to.forward', `no Forward ${to.forward} of this project listens anywhere now`);
  const hasPort = protocol === 'tcp' || protocol === 'udp';
  const port = forward?.port ?? spec.port;
  if (hasPort && port === undefined) throw badRequest(`spec.port: required, as ${protocol} has ports`);
  const sources = addressesOf(project, from, 'spec.from');
  const destinations = forward === undefined ? addressesOf(project, to, 'spec.to') : [forward.address];
  const answers = sources.flatMap((source) =>
    destinations.map((destination): FlowAnswer => {
      const flow: Flow = {
        source,
        destination,
        protocol: forward?.protocol ?? protocol,
        port: hasPort || forward !== undefined ? (port ?? 0) : 0,
      };
      const { allowed, reason, rule } = answerOne(project, flow, region);
      return {
        allowed,
        reason,
        source,
        destination,
        ...(rule === undefined ? {} : { rule }),
        ...(flow.port === 0 ? {} : { port: flow.port }),
      };
    }),
  );
  const answer = answers.find(({ allowed }) => allowed) ?? answers[0];
  if (answer === undefined) throw new TypeError('an end without an address was let through');
  return answer;
}

function answerOne(project: Project, flow: Flow, { pools, forwardAddresses, outbound }: RegionFacts) {
  const isOwnForward = project.forwards.some(
    ({ address, port, protocol }) =>
      address === flow.destination && port === flow.port && protocol === flow.protocol,
  );
  if (!isOwnForward && forwardAddresses.includes(flow.destination)) {
    return {
      allowed: false,
      reason: `no Forward of this project listens at ${flow.destination} port ${flow.port}; whether one of another project does is not told here`,
      rule: undefined,
    };
  }
  const strangers = [flow.source, flow.destination]
    .filter((address) => isIn(pools, address) && !isOnNetworkOf(project, address))
    .map(strangerAt);
  return explain({ projects: [project, ...strangers], outbound }, flow);
}

/** An address of the pools that is none of this project's: somebody else's, if anybody's. */
const strangerAt = (address: string): Project => ({
  name: 'another project',
  networks: [{ name: address, cidr: `${address}/32`, gateway: '', bridge: '' }],
  instances: [{ name: address, labels: {}, attachments: [{ network: address, address, mac: '', port: '' }] }],
  policies: [],
  forwards: [],
});

function isIn(ranges: readonly Range[], address: string): boolean {
  const number = parseAddress(address);
  return number !== undefined && ranges.some((range) => contains(range, number));
}

function isOnNetworkOf({ networks }: Project, address: string): boolean {
  return isIn(
    networks.flatMap(({ cidr }) => parseCidr(cidr) ?? []),
    address,
  );
}

function addressesOf(
  project: Project,
  { instance, network, address }: FlowQuestionSpec['from'],
  field: string,
): readonly string[] {
  if ((instance === undefined) === (address === undefined))
    throw badRequest(`${field}: say one of instance and address`);
  if (address !== undefined) {
    if (parseAddress(address) === undefined)
      throw wrong(`${field}.address`, `"${address}" is not an IPv4 address such as 10.64.3.20`);
    return [address];
  }
  const found = project.instances
    .find(({ name }) => name === instance)
    ?.attachments.filter((one) => network === undefined || one.network === network);
  if (found === undefined || found.length === 0) {
    const where = network === undefined ? 'any network' : `network ${network}`;
    throw wrong(`${field}.instance`, `instance ${instance} has no address on ${where} of this project`);
  }
  return found.map((one) => one.address);
}
