/** What the replayer says of generated decisions is what the evaluator makes of the changed policies. */
import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type AuthorizationRequest,
  type CompiledPolicy,
  compilePolicy,
  type Decision,
  evaluate,
  type PolicyKind,
} from '../../../../policies/engine/index.ts';
import {
  type GeneratedLayers,
  generateLayers,
  generatePolicy,
  generateRequest,
  indexLayers,
} from '../../../../policies/engine/testing/generate-pair.ts';
import { Random } from '../../../../policies/engine/testing/random.ts';
import type { ProposedChange } from './proposed-change.ts';
import type { RecordedDecision, RecordedSetting, RecordedStack } from './recorded.ts';
import { Replayer } from './replayer.ts';
import type { Documents } from './stack.ts';

const SEED = Number(process.env.PARAPET_REPLAY_SEED ?? randomInt(2 ** 31));
const SETS = 500;
const REQUESTS = 10;
const TIME = 1_000_000;
const WITH_POLICY = /^arn:[^:]*:(?:kms:[^:]*:[^:]*:key|secretsmanager:[^:]*:[^:]*:secret)[/:]/;
const TYPES = {
  user: 'IAMUser',
  root: 'Root',
  'assumed-role': 'AssumedRole',
  'federated-user': 'FederatedUser',
} as const;

const nameOf = ({ source }: CompiledPolicy) => `${source.arn}@v1`;

/** What production binds a decision by: resources of other types have no policy, and no endpoint has one yet. */
function real(layers: GeneratedLayers, resource: string): GeneratedLayers {
  const { identity = [], boundary, session, scp, rcp, resource: own } = layers;
  const hasPolicy = WITH_POLICY.test(resource);
  return {
    identity,
    ...(boundary && boundary.length > 0 && { boundary }),
    ...(session && session.length > 0 && { session }),
    ...(scp && { scp }),
    ...(rcp && { rcp }),
    ...(hasPolicy && own && { resource: own.filter(({ source }) => source.kind === 'resource') }),
    resourceTrust: hasPolicy && own && resource.includes(':kms:') ? 'explicit' : 'normal',
  };
}

/** Policies of one layer have different names, as theirs have. */
function isNamedApart(layers: GeneratedLayers): boolean {
  const lists = [layers.identity, layers.boundary, layers.session, ...(layers.scp ?? []).map((l) => l.policies)];
  return [...lists, ...(layers.rcp ?? []).map((l) => l.policies)].every(
    (list) => new Set(list?.map(nameOf)).size === (list?.length ?? 0),
  );
}

/** Who asks, under which policies. Some of the context stands here, the rest with the decision. */
function settingOf({ principal, context }: AuthorizationRequest, stack: RecordedStack): RecordedSetting {
  const { kind, arn, accountId, uniqueId, roleArn, userArn } = principal;
  const issuer = roleArn ?? userArn;
  return {
    ...stack,
    Principal: { Type: TYPES[kind as keyof typeof TYPES], Arn: arn, AccountId: accountId, PrincipalId: uniqueId },
    Issuer: issuer === undefined ? undefined : { Arn: issuer, PrincipalId: uniqueId ?? '' },
    Asked: false,
    Context: Object.fromEntries([...context].filter(([key]) => isSettled(key))),
  };
}

const isSettled = (key: string) => key.length % 2 === 0;

function record(request: AuthorizationRequest, decision: Decision): RecordedDecision | undefined {
  const isKnown = Object.hasOwn(TYPES, request.principal.kind);
  if (!isKnown || decision.reason === 'error') return undefined;
  return {
    EventId: 'event',
    EventName: 'Event',
    Position: { Time: TIME, Sequence: 1 },
    Action: request.action,
    Resource: request.resource,
    ResourceAccount: request.resourceAccount,
    Effect: decision.effect,
    Reason: decision.reason,
    Layer: decision.layer,
    Level: decision.level && { Id: decision.level.id },
    Context: Object.fromEntries([...request.context].filter(([key]) => !isSettled(key))),
  };
}

function answerOf({ effect, reason, layer, level }: Decision) {
  return { effect, reason, layer, level };
}

/** Of everything that is not gone. */
function documentsOf(layers: GeneratedLayers, gone: ReadonlySet<CompiledPolicy>): Documents {
  const find = (list: readonly CompiledPolicy[] | undefined, name: string) =>
    list?.find((policy) => nameOf(policy) === name && !gone.has(policy));
  return {
    policy(name, kind) {
      const policy = find(layers[kind], name);
      return policy && { policy, since: 0 };
    },
    guardrail: (name, layer) =>
      find(
        layers[layer]?.flatMap(({ policies }) => policies),
        name,
      ),
  };
}

function recordedStack(layers: GeneratedLayers, AccountId: string): RecordedStack {
  const levels = (list: GeneratedLayers['scp']) =>
    list?.map(({ id, policies }) => ({ Id: id, Policies: policies.map(nameOf) }));
  return {
    AccountId,
    Policies: [
      ...(layers.identity ?? []).map(nameOf),
      ...(layers.boundary ?? []).map((p) => `boundary:${nameOf(p)}`),
      ...(layers.session ?? []).map((p) => `session:${nameOf(p)}`),
    ],
    PrincipalLevels: levels(layers.scp),
    ResourceLevels: levels(layers.rcp),
  };
}

type Layer = ProposedChange['layer'];

interface Proposal {
  change: ProposedChange;
  /** The layers that it really leads to. */
  apply(layers: GeneratedLayers): GeneratedLayers;
}

const LAYERS: readonly Layer[] = ['identity', 'boundary', 'scp', 'rcp'];

/** A change of one layer. */
function propose(
  random: Random,
  layers: GeneratedLayers,
  accountId: string,
  layer: Layer = random.pick(LAYERS),
): Proposal | undefined {
  const operation = random.pick(['add', 'add', 'replace', 'remove'] as const);
  const policy = operation === 'remove' ? undefined : generatePolicy(random, layer as PolicyKind);
  const replaced = (list: readonly CompiledPolicy[], old: CompiledPolicy | undefined) => [
    ...list.filter((item) => item !== old),
    ...(policy ? [policy] : []),
  ];
  if (layer === 'scp' || layer === 'rcp') {
    const levels = layers[layer];
    const level = levels && random.pick(levels);
    const old = operation === 'add' ? undefined : level?.policies[0];
    if (!levels || !level || (operation !== 'add' && !old)) return undefined;
    if (levels.filter(({ id }) => id === level.id).length > 1) return undefined;
    const change: ProposedChange = {
      layer,
      operation,
      policy,
      levelId: level.id,
      policyId: old?.source.arn,
      reaches: () => false,
    };
    const after = levels.map((item) => (item === level ? { ...level, policies: replaced(level.policies, old) } : item));
    return { change, apply: (before) => ({ ...before, [layer]: after }) };
  }
  const list = layers[layer] ?? [];
  const old = operation === 'add' ? undefined : list[0];
  if (operation !== 'add' && !old) return undefined;
  const change: ProposedChange = {
    layer,
    operation,
    policy,
    accountId,
    principalIds: undefined,
    policyArn: old?.source.arn,
  };
  if (layer === 'identity') return { change, apply: (before) => ({ ...before, identity: replaced(list, old) }) };
  return { change, apply: ({ boundary: _, ...rest }) => (policy ? { ...rest, boundary: [policy] } : rest) };
}

/** The same change of somebody or something that the decision has nothing to do with. */
function elsewhere(change: ProposedChange): ProposedChange {
  if ('levelId' in change) return Object.assign(change, { levelId: 'ou-elsewhere' });
  return Object.assign(change, { principalIds: new Set(['AIDASOMEBODYELSE']) });
}

describe(`replay (seed ${SEED})`, () => {
  it.each([
    ['with every document', 0],
    ['with documents that are gone', 0.25],
  ])('is right about every decision it knows, %s', (_, share) => {
    const seen = { untouched: 0, same: 0, flips: 0, unknown: 0 };
    const surest = { known: 0, unknown: 0 };
    for (let set = 0; set < SETS; set++) {
      const random = new Random((SEED + set) >>> 0);
      const generated = generateLayers(random);
      for (let i = 0; i < REQUESTS; i++) {
        const drawn = generateRequest(random, generated);
        const layers = real(generated, drawn.resource);
        const { hasBoundary: __, isServiceLinkedRole: ___, ...principal } = drawn.principal;
        const request = { ...drawn, principal };
        const decision = evaluate(request, indexLayers(layers));
        const recorded = record(request, decision);
        const proposed = recorded && isNamedApart(layers) && propose(random, layers, principal.accountId);
        if (!recorded || !proposed) continue;
        if (random.chance(0.15)) proposed.apply = elsewhere(proposed.change) && ((before) => before);
        const all = Object.values(layers).flat();
        const policies = all.flatMap((item) =>
          typeof item === 'object' ? ('policies' in item ? item.policies : item) : [],
        );
        const gone = new Set(policies.filter(() => random.chance(share)) as CompiledPolicy[]);
        const replayed = new Replayer([proposed.change], documentsOf(layers, gone)).replay(
          recorded,
          settingOf(request, recordedStack(layers, principal.accountId)),
        );
        const truth = evaluate(request, indexLayers(proposed.apply(layers)));
        seen[replayed.kind]++;
        const place = `seed ${SEED + set}, request ${i}: ${JSON.stringify({ recorded, change: proposed.change.layer, truth })}`;
        if (replayed.kind === 'flips') expect(truth.effect, place).not.toBe(decision.effect);
        else if (replayed.kind !== 'unknown') expect(truth.effect, place).toBe(decision.effect);
        if (replayed.kind === 'flips' && gone.size === 0) expect(replayed.decision.effect).toBe(truth.effect);
        // A resource without a policy leaves nothing open while every document is there.
        if (gone.size === 0 && !WITH_POLICY.test(request.resource)) {
          surest[replayed.kind === 'unknown' ? 'unknown' : 'known']++;
        }
      }
    }
    console.log(`replay seed ${SEED}: ${JSON.stringify(seen)}, certain ${JSON.stringify(surest)}`);
    expect(surest.unknown).toBe(0);
    expect(Math.min(seen.same, seen.flips, seen.untouched)).toBeGreaterThan(100);
    // Little is left open, and something is.
    expect(seen.unknown / (seen.same + seen.flips)).toBeLessThan(0.1);
    if (share > 0) expect(seen.unknown).toBeGreaterThan(20);
  });

  // What one replayer remembers of stacks, changes and actions must not show.
  it('gives many decisions under several changes the flips that a full evaluation of each gives', () => {
    const seen = { untouched: 0, same: 0, flips: 0, unknown: 0 };
    for (let set = 0; set < SETS; set++) {
      const random = new Random((SEED + set) >>> 0);
      const generated = generateLayers(random);
      const whole = real(generated, '*');
      if (!isNamedApart(whole)) continue;
      const { accountId } = generateRequest(random, generated).principal;
      const proposals = LAYERS.filter(() => random.chance(0.4)).flatMap(
        (layer) => propose(random, whole, accountId, layer) ?? [],
      );
      const replayer = new Replayer(
        proposals.map(({ change }) => change),
        documentsOf(whole, new Set()),
      );
      const stacks = new Map<string, RecordedStack>();
      for (let i = 0; i < 4 * REQUESTS; i++) {
        const drawn = generateRequest(random, generated);
        if (WITH_POLICY.test(drawn.resource)) continue;
        const { hasBoundary: _, isServiceLinkedRole: __, ...principal } = drawn.principal;
        const request = { ...drawn, principal };
        const decision = evaluate(request, indexLayers(whole));
        const recorded = record(request, decision);
        if (!recorded) continue;
        const stack = stacks.get(principal.accountId) ?? recordedStack(whole, principal.accountId);
        stacks.set(principal.accountId, stack);
        const replayed = replayer.replay(recorded, settingOf(request, stack));
        const binding = proposals.filter(({ change }) => 'levelId' in change || principal.accountId === accountId);
        const after = binding.reduce((layers, { apply }) => apply(layers), whole);
        const truth = evaluate(request, indexLayers(after));
        seen[replayed.kind]++;
        const place = `seed ${SEED + set}, request ${i}: ${JSON.stringify({ recorded, truth })}`;
        expect(replayed.kind === 'flips', place).toBe(truth.effect !== decision.effect);
        // Of several statements that say the same, any may be the one that is named.
        if (replayed.kind === 'flips') expect(answerOf(replayed.decision), place).toEqual(answerOf(truth));
      }
    }
    console.log(`replay seed ${SEED}, one replayer: ${JSON.stringify(seen)}`);
    expect(seen.unknown).toBe(0);
    expect(Math.min(seen.same, seen.flips, seen.untouched)).toBeGreaterThan(100);
  });

  it('takes what is granted in one account for nothing in another', () => {
    const document = (account: string) =>
      compilePolicy(
        {
          Version: '2012-10-17',
          Statement: {
            Effect: 'Allow',
            Action: 'iam:GetUser',
            Resource: '*',
            Condition: { StringEquals: { 'aws:ResourceAccount': account } },
          },
        },
        { arn: 'arn:aws:iam::aws:policy/granted', kind: 'identity' },
      );
    const denies = compilePolicy(
      { Version: '2012-10-17', Statement: { Effect: 'Deny', Action: '*', Resource: '*' } },
      { arn: 'request:Changes.1', kind: 'scp' },
    );
    const change: ProposedChange = {
      layer: 'scp',
      operation: 'add',
      policy: denies,
      levelId: 'r-1',
      policyId: undefined,
      reaches: () => true,
    };
    const replayer = new Replayer([change], {
      policy: (_, __, accountId) => ({ policy: document(accountId), since: 0 }),
      guardrail: () => undefined,
    });
    const replayed = ['111122223333', '444455556666'].map((AccountId) => {
      const decision: RecordedDecision = {
        EventId: 'event',
        EventName: 'GetUser',
        Position: { Time: TIME, Sequence: 1 },
        Action: 'iam:GetUser',
        Resource: `arn:aws:iam::${AccountId}:user/u`,
        ResourceAccount: AccountId,
        Effect: 'allow',
        Reason: 'allow',
        Layer: 'identity',
        Context: { 'aws:resourceaccount': AccountId },
      };
      const setting: RecordedSetting = {
        Principal: { Type: 'IAMUser', Arn: `arn:aws:iam::${AccountId}:user/u`, AccountId, PrincipalId: 'AIDAU' },
        Asked: false,
        AccountId,
        Policies: ['arn:aws:iam::aws:policy/granted@v1#0'],
        Context: {},
      };
      return replayer.replay(decision, setting).kind;
    });
    expect(replayed).toEqual(['flips', 'flips']);
  });
});
