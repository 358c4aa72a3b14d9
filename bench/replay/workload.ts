/**
 * Recorded decisions as the audit service hands them out: principals with identity policies of their own, four levels
 * of guardrails above them, twenty condition keys, six in ten allowed. Deterministic.
 */
import { type CompiledPolicy, compilePolicy, evaluate } from '../../policies/engine/index.ts';
import { Random } from '../../policies/engine/testing/random.ts';
import {
  principalOf,
  type RecordedDecision,
  type RecordedSetting,
  requestOf,
} from '../../services/iam/domain/replay/recorded.ts';
import { type Documents, LayerMaker, stackOf } from '../../services/iam/domain/replay/stack.ts';

export const ROOT = 'r-ab12';
const ACCOUNTS = 50;
const PRINCIPALS_PER_ACCOUNT = 20;
const POLICIES_PER_PRINCIPAL = 5;
const STATEMENTS = 10;
const GUARDRAILS_PER_LEVEL = 5;
const ACTIONS = [
  'iam:GetUser',
  'iam:ListUsers',
  'kms:DescribeKey',
  'kms:ListKeys',
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
];
const START = Date.UTC(2026, 10, 1);

/** A decision with its caller and the policies that bound it. */
export interface Bound {
  recorded: RecordedDecision;
  setting: RecordedSetting;
}

export interface ReplayWorkload {
  decisions: readonly Bound[];
  documents: Documents;
}

export function recordedDecisions(count: number): ReplayWorkload {
  const random = new Random(11);
  const policies = new Map<string, CompiledPolicy>();
  const guardrails = new Map<string, CompiledPolicy>();
  const documents: Documents = {
    policy: (name) => {
      const policy = policies.get(name);
      return policy && { policy, since: 0 };
    },
    guardrail: (name) => guardrails.get(name),
  };
  const level = (id: string) => ({
    Id: id,
    Policies: Array.from({ length: GUARDRAILS_PER_LEVEL }, (_, i) => {
      const name = `p-${id}-${i}@1`;
      guardrails.set(name, guardrail(random, name, i));
      return name;
    }),
  });
  const root = level(ROOT);
  const units = Array.from({ length: 5 }, (_, i) => [root, level(`ou-${i}`), level(`ou-${i}-a`)]);
  const principals = Array.from({ length: ACCOUNTS }, (_, account) => {
    const accountId = String(100_000_000_000 + account);
    const levels = [...(units[account % units.length] as (typeof units)[number]), level(accountId)];
    return Array.from({ length: PRINCIPALS_PER_ACCOUNT }, (_, user) => {
      const names = Array.from({ length: POLICIES_PER_PRINCIPAL }, (_, i) => {
        const name = `arn:aws:iam::${accountId}:policy/p${(user + i) % PRINCIPALS_PER_ACCOUNT}@v1`;
        if (!policies.has(name)) policies.set(name, identityPolicy(random, name, accountId));
        return name;
      });
      const arn = `arn:aws:iam::${accountId}:user/user-${user}`;
      const PrincipalId = `AIDA${accountId}user-${user}`;
      const setting: RecordedSetting = {
        Principal: { Type: 'IAMUser', Arn: arn, AccountId: accountId, PrincipalId },
        Asked: false,
        AccountId: accountId,
        Policies: names,
        PrincipalLevels: levels,
        Context: settledContext(random, { arn, accountId, user: `user-${user}` }),
      };
      return { accountId, setting };
    });
  }).flat();
  const maker = new LayerMaker();
  const decisions = Array.from({ length: count }, (_, index) => {
    const { accountId, setting } = random.pick(principals);
    const action = random.pick(ACTIONS);
    const draft: RecordedDecision = {
      EventId: `event-${index}`,
      EventName: action.slice(action.indexOf(':') + 1),
      Position: { Time: START + index * 10, Sequence: index + 1 },
      Action: action,
      Resource: action.startsWith('s3:') ? `arn:aws:s3:::bucket-${random.below(20)}/object-${random.below(1000)}` : '*',
      ResourceAccount: accountId,
      Effect: 'allow',
      Reason: 'allow',
      Context: ownContext(random, START + index * 10),
    };
    return { recorded: answered(draft, setting, documents, maker), setting };
  });
  return { decisions, documents };
}

function answered(
  draft: RecordedDecision,
  setting: RecordedSetting,
  documents: Documents,
  maker: LayerMaker,
): RecordedDecision {
  const principal = principalOf(setting);
  if (!principal) throw new Error('the workload has a caller without policies');
  const { effect, reason, layer, level } = evaluate(
    requestOf(draft, setting, principal),
    maker.layersOf(stackOf(setting, 0, documents).stack),
  );
  return { ...draft, Effect: effect, Reason: reason, Layer: layer, Level: level && { Id: level.id } };
}

function identityPolicy(random: Random, name: string, accountId: string): CompiledPolicy {
  const Statement = Array.from({ length: STATEMENTS }, (_, i) => ({
    Effect: i === 9 ? 'Deny' : 'Allow',
    Action: i === 9 ? 's3:DeleteObject' : random.pick([...ACTIONS, 's3:Get*', 'kms:List*']),
    Resource: random.chance(0.6) ? '*' : `arn:aws:s3:::bucket-${random.below(20)}/*`,
    ...(random.chance(0.4) && { Condition: { StringEquals: { 'aws:PrincipalAccount': accountId } } }),
    ...(i === 9 && { Condition: { StringNotEquals: { 'aws:RequestedRegion': 'local-1' } } }),
  }));
  return compilePolicy({ Version: '2012-10-17', Statement }, { arn: name, kind: 'identity' });
}

function guardrail(random: Random, name: string, index: number): CompiledPolicy {
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' };
  const deny = {
    Effect: 'Deny',
    Action: [`s3:Put${random.below(9)}*`, 'organizations:LeaveOrganization'],
    Resource: '*',
    Condition: { StringNotEquals: { 'aws:PrincipalTag/role': 'admin' } },
  };
  const Statement = index === 0 ? [everything] : [deny, { ...deny, Action: `kms:Schedule${index}*` }];
  return compilePolicy({ Version: '2012-10-17', Statement }, { arn: name, kind: 'scp' });
}

function settledContext(random: Random, about: { arn: string; accountId: string; user: string }) {
  return {
    'aws:principalaccount': about.accountId,
    'aws:principalarn': about.arn,
    'aws:principalisawsservice': 'false',
    'aws:principalorgid': 'o-abcdefghij',
    'aws:principalorgpaths': ['o-abcdefghij/r-ab12/ou-1/'],
    'aws:principaltag/cost': 'c-1',
    'aws:principaltag/team': random.pick(['red', 'blue']),
    'aws:principaltype': 'User',
    'aws:requestedregion': 'local-1',
    'aws:resourceaccount': about.accountId,
    'aws:resourceorgid': 'o-abcdefghij',
    'aws:securetransport': 'true',
    'aws:useragent': 'aws-sdk-js/3.1164.0',
    'aws:userid': `AIDA${about.user}`,
    'aws:username': about.user,
  };
}

function ownContext(random: Random, at: number) {
  const time = new Date(at).toISOString();
  return {
    'aws:currenttime': `${time.slice(0, 19)}Z`,
    'aws:epochtime': String(Math.floor(at / 1000)),
    'aws:sourceip': `10.0.${random.below(256)}.${random.below(256)}`,
    'parapet:dayofweek': 'Sunday',
    'parapet:timeofday': time.slice(11, 19),
  };
}
