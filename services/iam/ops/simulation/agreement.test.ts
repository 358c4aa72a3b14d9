/** Simulations of generated policies say what the evaluator, Authorize and the enforcement of requests decide. */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorize } from '../../../../platform/authz/authorize.ts';
import { DEFAULT_PROJECT, PROJECT_KEY } from '../../../../platform/contract/enterprise-project.ts';
import type { Caller } from '../../../../platform/runtime/call.ts';
import {
  type AuthorizationRequest,
  type CompiledPolicy,
  type ContextMap,
  defaultLimits,
  evaluate,
} from '../../../../policies/engine/index.ts';
import {
  type GeneratedLayers,
  generateLayers,
  generatePolicy,
  generateRequest,
  indexLayers,
} from '../../../../policies/engine/testing/generate-pair.ts';
import { Random } from '../../../../policies/engine/testing/random.ts';
import { iamApi as api } from '../../api/index.ts';
import { checkDocument } from '../../domain/policy-check.ts';
import { type IamWorld, makeUser, openIam } from '../../testing/harness.ts';

const SEED = Number(process.env.PARAPET_SIMULATION_SEED ?? randomInt(2 ** 31));
const SETS = 80;
const REQUESTS = 8;
const VERDICTS = { allow: 'allowed', 'explicit-deny': 'explicitDeny', 'implicit-deny': 'implicitDeny' } as const;
const ACTION = /^[a-z0-9]+:[a-z0-9]+$/i;
const RESOURCE = /^(?:\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:.+)$/;

let world: IamWorld;
beforeAll(async () => {
  world = await openIam();
});
afterAll(() => world.close());

const textOf = ({ text }: CompiledPolicy) => text;
const accountIn = (arn: string) => /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(arn)?.[1];

function entriesOf(context: ContextMap) {
  return [...context].map(([ContextKeyName, value]) => ({
    ContextKeyName,
    ContextKeyValues: typeof value === 'string' ? [value] : [...value],
    ContextKeyType: typeof value === 'string' ? 'string' : 'stringList',
  }));
}

function isCaller({ principal }: AuthorizationRequest): boolean {
  return ['user', 'root', 'assumed-role', 'federated-user'].includes(principal.kind);
}

/** What the simulator takes of generated layers: one boundary document, one resource policy, no sessions, no RCPs. */
function simulable(layers: GeneratedLayers): GeneratedLayers {
  const { identity, scp, boundary, resource } = layers;
  return {
    identity: identity ?? [],
    ...(scp && { scp }),
    ...(boundary?.[0] && { boundary: [boundary[0]] }),
    ...(resource?.[0] && { resource: [resource[0]] }),
  };
}

const PROJECT = PROJECT_KEY.toLowerCase();
const TYPES = {
  root: 'Account',
  user: 'User',
  'assumed-role': 'AssumedRole',
  'federated-user': 'FederatedUser',
} as const;

/** The keys the platform fills in where the request says nothing. */
function filled({ principal, resource, context }: AuthorizationRequest, owner: string): ContextMap {
  const { kind, arn, accountId } = principal;
  const now = new Date(world.clock.time).toISOString();
  const defaults: [string, string][] = [
    ['aws:principalarn', kind === 'assumed-role' ? roleOf(arn) : arn],
    ['aws:principalaccount', accountId],
    ['aws:principaltype', TYPES[kind as keyof typeof TYPES]],
    ['aws:principalisawsservice', 'false'],
    ['aws:resourceaccount', owner],
    ['aws:requestedregion', 'local-1'],
    ['aws:currenttime', `${now.slice(0, 19)}Z`],
  ];
  if (resource !== '*') defaults.push([PROJECT, DEFAULT_PROJECT]);
  if (owner === world.admin.accountId) defaults.push(['parapet:accountstate', 'ACTIVE']);
  if (kind === 'user') defaults.push(['aws:username', arn.slice(arn.lastIndexOf('/') + 1)]);
  return new Map([...defaults, ...context]);
}

describe(`simulation (seed ${SEED})`, () => {
  it('of custom policies agrees with the evaluator', async () => {
    const outcomes = { allowed: 0, explicitDeny: 0, implicitDeny: 0 };
    for (let set = 0; set < SETS; set++) {
      const random = new Random((SEED + set) >>> 0);
      const layers = simulable(generateLayers(random));
      const [resourcePolicy] = layers.resource ?? [];
      for (let i = 0; i < REQUESTS; i++) {
        const generated = generateRequest(random, layers);
        if (!isCaller(generated) || !ACTION.test(generated.action) || !RESOURCE.test(generated.resource)) continue;
        const { action, resource, principal, resourceAccount, context } = generated;
        const owner = accountIn(resource) ?? resourceAccount ?? principal.accountId;
        const trust =
          resourcePolicy?.source.kind === 'trust' ||
          (resourcePolicy && /^kms:/i.test(action) && /^[^:]+:[^:]+:[^:]+:[^:]*:[^:]*:key\//.test(resource));
        const { kind, arn, accountId } = principal;
        const expected = evaluate(
          {
            // The ARN of a session does not tell the path of its role.
            principal: { kind, arn, accountId, ...(kind === 'assumed-role' && { roleArn: roleOf(arn) }) },
            action,
            resource,
            resourceAccount: owner,
            context: filled(generated, owner),
          },
          { ...indexLayers(layers), resourceTrust: trust ? 'explicit' : 'normal' },
        );
        const answer = await world.as(world.admin, api.SimulateCustomPolicy, {
          PolicyInputList: (layers.identity ?? []).map(textOf),
          PermissionsBoundaryPolicyInputList: layers.boundary?.map(textOf),
          OrderedOrganizationPolicyInputList: layers.scp?.map(({ policies }) => ({
            ServiceControlPolicyInputList: policies.map(textOf),
          })),
          ResourcePolicy: resourcePolicy?.text,
          ResourceOwner: resourceAccount && `arn:aws:iam::${resourceAccount}:root`,
          CallerArn: arn,
          ActionNames: [action],
          ResourceArns: [resource],
          ContextEntries: entriesOf(context),
        });
        const [result] = answer.EvaluationResults;
        const verdict = VERDICTS[expected.reason as keyof typeof VERDICTS];
        const seed = SEED + set;
        expect(
          [seed, i, result?.EvalDecision],
          JSON.stringify({ generated, expected, layers: asText(layers) }),
        ).toEqual([seed, i, verdict]);
        outcomes[verdict]++;
      }
    }
    console.log(`simulation seed ${SEED}: ${JSON.stringify(outcomes)}`);
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(50);
  }, 120_000);

  it('of a user agrees with Authorize and with the enforcement of requests', async () => {
    const organization = await world.organization.organization.snapshot();
    const outcomes = { allowed: 0, explicitDeny: 0, implicitDeny: 0 };
    for (let set = 0; set < 25; set++) {
      const random = new Random((SEED + set) >>> 0);
      const identity = random.list(1, 4, () => storable(random));
      const boundary = random.chance(0.3) ? storable(random) : undefined;
      const user = await userWith(`user-${set}`, identity, boundary);
      const principal = await world.directory.principal(user.principalId);
      for (let i = 0; i < REQUESTS; i++) {
        const generated = generateRequest(random, { identity, ...(boundary && { boundary: [boundary] }) });
        if (!ACTION.test(generated.action) || !RESOURCE.test(generated.resource)) continue;
        const { action, resource } = generated;
        // What the platform knows about the user is left to it, as in a request.
        const context = new Map([...generated.context].filter(([key]) => !/^aws:(principal|username)/.test(key)));
        const asked = await world.as(world.admin, api.SimulatePrincipalPolicy, {
          PolicySourceArn: user.arn,
          ActionNames: [action],
          ResourceArns: [resource],
          ContextEntries: entriesOf(context),
        });
        const known = new Map([
          ...filled({ ...generated, principal: { ...user, kind: 'user' }, context }, user.accountId),
        ]);
        known.delete('aws:resourceaccount');
        const accountId = accountIn(resource) ?? user.accountId;
        // What is said about the project of the resource is believed.
        const said = [...context].filter(([key]) => key === PROJECT);
        const target = { resource, accountId, context: said };
        const { checks } = authorize(user, principal, action, [target], known, organization);
        const verdict = VERDICTS[checks[0]?.decision.reason as keyof typeof VERDICTS];
        expect(asked.EvaluationResults[0]?.EvalDecision, `seed ${SEED + set}, request ${i}`).toBe(verdict);
        outcomes[verdict]++;
        const answer = await world
          .as(world.admin, api.Authorize, {
            Principal: user.arn,
            Action: action,
            Resource: resource,
            Context: Object.fromEntries(context),
          })
          .catch((error: { code: string; message: string }) => error);
        // Authorize wants actions that somebody declared.
        if ('Reason' in answer) expect(VERDICTS[answer.Reason as keyof typeof VERDICTS]).toBe(verdict);
        else expect(answer.message).toMatch(/is not known$/);
      }
    }
    console.log(`simulation of users, seed ${SEED}: ${JSON.stringify(outcomes)}`);
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(10);
  }, 120_000);
});

function roleOf(session: string): string {
  const [, , , , account, resource = ''] = session.split(':');
  return `arn:aws:iam::${account}:role/${resource.split('/')[1]}`;
}

function asText(layers: GeneratedLayers) {
  return Object.values(layers)
    .flat()
    .map((item) =>
      typeof item === 'object' && 'policies' in item ? item.policies.map(textOf) : (item as CompiledPolicy).text,
    );
}

/** The generator also makes what may be evaluated and not be written. */
function storable(random: Random): CompiledPolicy {
  for (;;) {
    const made = generatePolicy(random, 'identity');
    if (!checkDocument(made.text, defaultLimits)) return made;
  }
}

async function userWith(name: string, identity: CompiledPolicy[], boundary?: CompiledPolicy): Promise<Caller> {
  const user = await makeUser(world, name);
  for (const [index, { text }] of identity.entries()) {
    const inline = { UserName: name, PolicyName: `p${index}`, PolicyDocument: text };
    await world.as(world.admin, api.PutUserPolicy, inline);
  }
  if (boundary) {
    const made = { PolicyName: `b-${name}`, PolicyDocument: boundary.text };
    const { Policy } = await world.as(world.admin, api.CreatePolicy, made);
    const bound = { UserName: name, PermissionsBoundary: Policy.Arn };
    await world.as(world.admin, api.PutUserPermissionsBoundary, bound);
  }
  return user;
}
