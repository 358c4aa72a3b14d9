import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { buildPolicySet, compilePolicy } from '../../policies/engine/index.ts';
import { ServiceError } from '../contract/error.ts';
import { defineOperation } from '../contract/operation.ts';
import { dictionary, structure, text } from '../contract/shape.ts';
import { canonicalJson } from './canonical-json.ts';
import { type RecordDraft, renderRecord } from './record.ts';

const Sample = defineOperation({
  name: 'Sample',
  service: 'kms',
  doc: 'A write with maps of the caller.',
  input: structure({ Zeta: text(0, 99), Alpha: dictionary(z.string(), text(0, 99)) }),
  output: structure({ Beta: text(0, 99), Able: text(0, 99) }),
  authz: { action: 'kms:Sample', resource: '*' },
  effect: 'write',
  audit: { class: 'management' },
});

const guardrail = compilePolicy(
  { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
  { arn: 'arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess', version: '1', kind: 'scp' },
);

/** Levels that bound a check, and a guardrail that was only observed, at a unit of this name. */
function guarded(name: string) {
  const level = { id: 'r-ab12', name };
  const levels = [{ ...level, set: buildPolicySet([guardrail]) }];
  const statement = { policyArn: 'arn', sid: name, version: '1', index: 0 };
  return { guardrails: { scp: levels, rcp: levels }, observed: [{ layer: 'scp', level, policyId: 'p-1', statement }] };
}

it('is canonical whatever names and values the caller chose', () => {
  const key = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(fc.dictionary(key, fc.string()), key, key, fc.string(), (map, a, b, value) => {
      const context = new Map<string, string | readonly string[]>([
        [b, value],
        [a, [value, value]],
      ]);
      const request = {
        principal: { kind: 'user' as const, arn: 'arn', accountId: '1', uniqueId: 'AIDA' },
        action: 'kms:Sample',
        resource: '*',
        resourceAccount: '111122223333',
        context,
      };
      const decision = { effect: 'allow' as const, reason: 'allow' as const, layer: 'identity' as const, matched: [] };
      const principal = { policyVersions: [value], snapshot: { Version: 7 } };
      const draft = {
        eventId: 'e',
        operation: Sample,
        caller: {
          kind: 'user',
          arn: 'arn',
          accountId: '1',
          principalId: 'AIDA',
          session: { id: 'ASIA', issuedAt: 0, expiresAt: 1 },
        },
        origin: { requestId: 'r', sourceIp: '::1', userAgent: value, receivedAt: 0, protocol: 'aws' },
        now: 0,
        input: { Zeta: value, Alpha: map },
        output: { Beta: value, Able: value },
        context,
        checks: [{ request, decision, ...guarded(value) }],
        asked: [{ request, decision, principal, ...guarded(value) }],
        organization: { id: 'o-abcdefghij', revision: 3 },
        principal,
        error: new ServiceError('Conflict', value),
        resources: [{ ARN: 'arn', accountId: '1', type: 'kms:key' }],
      } as unknown as RecordDraft;
      const record = renderRecord(draft, { node: 'n', boot: 'b', region: 'r' }, 1);
      expect(record).toBe(canonicalJson(JSON.parse(record)));
    }),
  );
});

it('is whole JSON whatever is known of the request: every optional part present or absent', () => {
  const optional = <T>(value: T) => fc.constantFrom(value, undefined);
  const request = fc.record({
    principal: fc.constant({ kind: 'user', arn: 'arn', accountId: '1', uniqueId: 'AIDA' }),
    action: fc.constant('kms:Sample'),
    resource: fc.constant('*'),
    resourceAccount: optional('111122223333'),
    context: fc.constant(new Map([['aws:username', 'alice']])),
  });
  const statement = fc.record({
    statementIndex: fc.constant(0),
    policyArn: optional('arn'),
    sid: optional('Sid'),
    version: optional('v1'),
  });
  const decision = fc.record({
    effect: fc.constantFrom('allow', 'deny'),
    reason: fc.constantFrom('allow', 'implicit-deny'),
    layer: optional('identity'),
    level: optional({ id: 'r-ab12', name: 'Root' }),
    matched: fc.array(statement, { maxLength: 2 }),
  });
  const principal = fc.constant({ policyVersions: [], snapshot: { Version: 1 } });
  const checked = fc
    .tuple(fc.record({ request, decision, ownerState: optional('SUSPENDED') }), optional(guarded('Root')))
    .map(([check, more]) => ({ ...check, ...more }));
  const draft = fc.record({
    eventId: fc.constant('e'),
    operation: fc.constant(Sample),
    caller: fc.record({
      kind: fc.constantFrom('user', 'root', 'service', 'anonymous'),
      arn: fc.constant('arn'),
      accountId: fc.constant('1'),
      principalId: fc.constant('AIDA'),
      userName: optional('alice'),
      accessKeyId: optional('AKIA'),
      session: optional({ issuedAt: 0, expiresAt: 1 }),
    }),
    origin: fc.record({
      requestId: fc.constant('r'),
      sourceIp: optional('::1'),
      userAgent: optional('curl'),
      receivedAt: fc.constant(0),
      protocol: fc.constantFrom('aws', 'native', 'internal'),
      tls: optional({ version: 'TLSv1.3', cipher: 'x', host: undefined }),
    }),
    now: fc.constant(0),
    input: optional({ Zeta: 'z', Alpha: {} }),
    output: optional({ Beta: 'b', Able: 'a' }),
    context: optional(new Map([['aws:username', 'alice']])),
    checks: fc.option(fc.array(checked, { maxLength: 2 }), { nil: undefined }),
    asked: fc.option(
      fc.array(
        fc.tuple(checked, principal).map(([check, p]) => ({ ...check, principal: p })),
        { maxLength: 2 },
      ),
      { nil: undefined },
    ),
    principal: fc.option(principal, { nil: undefined }),
    organization: fc.constantFrom(undefined, { id: undefined, revision: 0 }, { id: 'o-abcdefghij', revision: 3 }),
    resources: fc.constantFrom([], [{ ARN: 'arn', accountId: '1', type: 'kms:key' }]),
    error: optional(new ServiceError('Conflict', 'no')),
  });
  fc.assert(
    fc.property(draft, (value) => {
      const record = renderRecord(value as unknown as RecordDraft, { node: 'n', boot: 'b', region: 'r' }, 1);
      expect(record).toBe(canonicalJson(JSON.parse(record)));
    }),
    { numRuns: 2_000 },
  );
});
