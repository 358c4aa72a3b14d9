/** Decides a request under guardrails the two ways there are: by the engine and by the reference evaluator. */
import {
  type AuthorizationRequest,
  buildPolicySet,
  type CompiledPolicy,
  compilePolicy,
  type Decision,
  evaluate,
  type PrincipalFacts,
} from '../../engine/index.ts';
import { type ReferenceDecision, type ReferencePolicy, referenceEvaluate } from '../../reference/evaluate.ts';
import type { PolicyType } from '../guardrail.ts';

export interface TypedDocument {
  readonly type: PolicyType;
  readonly text: string;
}

const FULL = { Effect: 'Allow', Action: '*', Resource: '*' };
const compile = (document: object | string, kind: 'scp' | 'rcp' | 'identity' | 'resource', builtIn = false) =>
  compilePolicy(document, { arn: `arn:test:${kind}`, kind, builtIn });
const everything = (kind: 'scp' | 'rcp' | 'identity' | 'resource') =>
  compile(
    {
      Version: '2012-10-17',
      Statement: kind === 'rcp' || kind === 'resource' ? { ...FULL, Principal: '*' } : FULL,
    },
    kind,
    true,
  );
const FULL_SCP = everything('scp');
const FULL_RCP = everything('rcp');
const FULL_IDENTITY = everything('identity');
const FULL_RESOURCE = everything('resource');

export interface Decided {
  readonly engine: Decision;
  readonly reference: ReferenceDecision;
}

/** Everything but the guardrails allows: whatever is denied, a guardrail denied. */
export function decideUnder(documents: readonly TypedDocument[], request: AuthorizationRequest): Decided {
  const of = (type: PolicyType, kind: 'scp' | 'rcp', full: CompiledPolicy) => [
    full,
    ...documents.filter((document) => document.type === type).map(({ text }) => compile(text, kind)),
  ];
  const scp = of('SERVICE_CONTROL_POLICY', 'scp', FULL_SCP);
  const rcp = of('RESOURCE_CONTROL_POLICY', 'rcp', FULL_RCP);
  const level = { id: 'r-ab12', name: 'Root' };
  const engine = evaluate(request, {
    scp: [{ ...level, set: buildPolicySet(scp) }],
    rcp: [{ ...level, set: buildPolicySet(rcp) }],
    identity: buildPolicySet([FULL_IDENTITY]),
    resource: buildPolicySet([FULL_RESOURCE]),
  });
  const plain = (policies: readonly CompiledPolicy[]): ReferencePolicy[] =>
    policies.map(({ document, source }) => ({ document, kind: source.kind }));
  const reference = referenceEvaluate(request, {
    scp: [{ id: level.id, policies: plain(scp) }],
    rcp: [{ id: level.id, policies: plain(rcp) }],
    identity: plain([FULL_IDENTITY]),
    resource: plain([FULL_RESOURCE]),
  });
  return { engine, reference };
}

export const HOME = '111122223333';

/** `user`, `root`, `role:Name` (of the home account), `outsider` (a user of another account), `service`. */
export function principalNamed(name: string): PrincipalFacts {
  const arn = (account: string, rest: string) => `arn:aws:iam::${account}:${rest}`;
  if (name === 'root') return { kind: 'root', arn: arn(HOME, 'root'), accountId: HOME };
  if (name === 'outsider') return { kind: 'user', arn: arn('444455556666', 'user/eve'), accountId: '444455556666' };
  if (name === 'service') return { kind: 'service', arn: 'kms.amazonaws.com', accountId: '' };
  if (name.startsWith('role:')) {
    const role = name.slice('role:'.length);
    const session = `arn:aws:sts::${HOME}:assumed-role/${role.split('/').at(-1)}/session`;
    return {
      kind: 'assumed-role',
      arn: session,
      sessionArn: session,
      roleArn: arn(HOME, `role/${role}`),
      accountId: HOME,
    };
  }
  return { kind: 'user', arn: arn(HOME, 'user/admin'), accountId: HOME };
}

/** The keys that the product fills in for every caller. */
export function contextOf(principal: PrincipalFacts, given: Readonly<Record<string, string | readonly string[]>>) {
  const context = new Map<string, string | readonly string[]>([
    ['aws:principalisawsservice', principal.kind === 'service' ? 'true' : 'false'],
    ['aws:viaawsservice', 'false'],
    ['aws:principalarn', principal.roleArn ?? principal.arn],
  ]);
  if (principal.accountId !== '') context.set('aws:principalaccount', principal.accountId);
  for (const [key, value] of Object.entries(given)) context.set(key.toLowerCase(), value);
  return context;
}
