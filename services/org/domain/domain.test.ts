import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../../policies/engine/index.ts';
import { ACCOUNT_STATES } from '../api/internal.ts';
import { type AccountState, legacyStatus, nextState, permits, type StateAct } from './account-state.ts';
import { checkDelegation } from './delegation.ts';
import { type HandshakeState, type HandshakeVerb, stateAt, transition } from './handshake.ts';
import { closuresAllowed, DEFAULT_LIMITS } from './limits.ts';
import { kindOfId, nameKey } from './names.ts';
import { checkDocument, contentBytes } from './policy-check.ts';
import { SHIPPED } from './shipped.ts';
import { checkTags } from './tags.ts';
import { checkMove } from './tree.ts';

describe('the states of an account', () => {
  const ACTS: readonly StateAct[] = ['activate', 'suspend', 'resume', 'close', 'finish', 'reinstate'];
  /** Rows: from; columns: the acts above. */
  const table: Readonly<Record<AccountState, readonly (AccountState | undefined)[]>> = {
    PENDING_ACTIVATION: ['ACTIVE', undefined, undefined, undefined, undefined, undefined],
    ACTIVE: [undefined, 'SUSPENDED', undefined, 'PENDING_CLOSURE', undefined, undefined],
    SUSPENDED: [undefined, undefined, 'ACTIVE', 'PENDING_CLOSURE', undefined, undefined],
    PENDING_CLOSURE: [undefined, undefined, undefined, undefined, 'CLOSED', undefined],
    CLOSED: [undefined, undefined, undefined, undefined, undefined, 'ACTIVE'],
  };
  it.each(ACCOUNT_STATES.map((state) => [state] as const))('%s leads where the table says', (state) => {
    expect(ACTS.map((act) => nextState(state, act))).toEqual(table[state]);
  });

  it.each([
    ['PENDING_ACTIVATION', [false, true, false, false], undefined],
    ['ACTIVE', [true, true, true, true], 'ACTIVE'],
    ['SUSPENDED', [true, true, false, false], 'SUSPENDED'],
    ['PENDING_CLOSURE', [false, false, false, false], 'PENDING_CLOSURE'],
    ['CLOSED', [true, false, false, false], 'SUSPENDED'],
  ] as const)('%s: move, tag, delegate, leave; and the older status', (state, permitted, status) => {
    const asked = (['move', 'tag', 'delegate', 'leave'] as const).map((what) => permits(state, what));
    expect(asked).toEqual(permitted);
    expect(legacyStatus(state)).toBe(status);
  });
});

describe('the states of a handshake', () => {
  const already = { refused: 'HandshakeAlreadyInState' };
  const invalid = { refused: 'InvalidHandshakeTransition' };
  it.each<[HandshakeState, HandshakeVerb, object]>([
    ['REQUESTED', 'accept', { to: 'ACCEPTED' }],
    ['REQUESTED', 'decline', { to: 'DECLINED' }],
    ['REQUESTED', 'cancel', { to: 'CANCELED' }],
    ['OPEN', 'accept', { to: 'ACCEPTED' }],
    ['OPEN', 'decline', invalid],
    ['OPEN', 'cancel', { to: 'CANCELED' }],
    ['ACCEPTED', 'accept', already],
    ['ACCEPTED', 'decline', invalid],
    ['ACCEPTED', 'cancel', invalid],
    ['DECLINED', 'accept', invalid],
    ['DECLINED', 'decline', already],
    ['DECLINED', 'cancel', invalid],
    ['CANCELED', 'accept', invalid],
    ['CANCELED', 'decline', invalid],
    ['CANCELED', 'cancel', already],
    ['EXPIRED', 'accept', invalid],
    ['EXPIRED', 'decline', invalid],
    ['EXPIRED', 'cancel', invalid],
  ])('%s, %s', (state, verb, expected) => {
    expect(transition(state, verb)).toEqual(expected);
  });

  it('end by the clock, at the moment itself, only while they are open', () => {
    expect(stateAt({ state: 'REQUESTED', expires_at: 10 }, 9)).toBe('REQUESTED');
    expect(stateAt({ state: 'REQUESTED', expires_at: 10 }, 10)).toBe('EXPIRED');
    expect(stateAt({ state: 'ACCEPTED', expires_at: 10 }, 11)).toBe('ACCEPTED');
  });
});

describe('moving a unit', () => {
  const at = (node_id: string, depth: number) => ({ node_id, depth });
  const unit = at('a', 2);
  it.each([
    ['to a place with room for its deepest descendant', [unit, at('b', 3)], at('c', 3), undefined],
    ['too deep for its deepest descendant', [unit, at('b', 3), at('d', 4)], at('c', 3), 'too deep'],
    ['too deep for itself', [unit], at('c', 5), 'too deep'],
    ['into itself', [unit], unit, 'into itself'],
    ['into a descendant', [unit, at('b', 3)], at('b', 3), 'into itself'],
  ])('%s', (_, subtree, destination, problem) => {
    expect(checkMove({ subtree, unit, destination, unitDepth: 5 })).toBe(problem);
  });
});

describe('names', () => {
  it.each([
    ['Prod', 'prod'],
    ['  Prod   EU ', 'prod eu'],
    ['ＰＲＯＤ', 'prod'],
    ['ﬁnance', 'finance'],
  ])('%s reads as %s', (name, key) => expect(nameKey(name)).toBe(key));

  it('ids tell what they name', () => {
    expect(['r-ab12', 'ou-ab12-cd345678', '123456789012'].map(kindOfId)).toEqual(['root', 'unit', 'account']);
  });
});

describe('documents', () => {
  const scp = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: statement });
  const all = { Effect: 'Deny', Action: 'kms:*', Resource: '*' };
  it.each([
    ['an Allow with a condition and a resource', scp({ ...all, Effect: 'Allow', Resource: 'arn:aws:kms:*:*:key/*' })],
    ['NotAction in an Allow', scp({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' })],
    ['one statement without a list', scp(all)],
    ['the older version', scp(all).replace('2012-10-17', '2008-10-17')],
  ])('as a service control policy: %s', (_, text) => {
    expect(checkDocument(text, 'SERVICE_CONTROL_POLICY')).toBeUndefined();
  });

  it.each([
    ['a principal', scp({ ...all, Principal: '*' })],
    ['no resource', scp({ Effect: 'Deny', Action: 'kms:*' })],
    ['an unknown operator', scp({ ...all, Condition: { Sounds: { 'aws:SourceIp': 'x' } } })],
    ['no JSON', '{'],
  ])('not as a service control policy: %s', (_, text) => {
    expect(checkDocument(text, 'SERVICE_CONTROL_POLICY')?.message).toMatch(/line \d+, column \d+/);
  });

  it('a resource control policy denies to everybody and names its actions', () => {
    const rcp = (change: object) =>
      checkDocument(scp({ ...all, Principal: '*', ...change }), 'RESOURCE_CONTROL_POLICY')?.message;
    expect(rcp({})).toBeUndefined();
    expect(rcp({ Effect: 'Allow' })).toContain('Allow');
    expect(rcp({ Action: '*' })).toContain('"*"');
    expect(rcp({ Principal: { AWS: '123456789012' } })).toContain('Principal');
  });

  it('the shipped ones compile as what they are', () => {
    for (const { content, type } of SHIPPED) {
      const kind = type === 'SERVICE_CONTROL_POLICY' ? 'scp' : 'rcp';
      expect(compilePolicy(content, { arn: 'x', kind, builtIn: true }).statements).toHaveLength(1);
    }
  });

  it('count by their bytes, without white space outside strings', () => {
    expect(contentBytes('{ "a" : "b c" }')).toBe('{"a":"b c"}'.length);
    expect(contentBytes('{"a":"é"}')).toBe(10);
    expect(contentBytes('{"a":"\\" x"}')).toBe('{"a":"\\" x"}'.length);
  });
});

describe('delegation by the policy of the organization', () => {
  const members = new Set(['111111111111']);
  const check = (change: object) => {
    const statement = {
      Effect: 'Allow',
      Principal: { AWS: '111111111111' },
      Action: 'organizations:List*',
      Resource: '*',
    };
    const text = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...change }] });
    return checkDelegation(compilePolicy(text, { arn: 'x', kind: 'resource' }).document, members)?.reason;
  };
  it.each([
    [
      'reading',
      { Action: ['organizations:List*', 'organizations:DescribePolicy', 'organizations:DescribeOrganizationTree'] },
    ],
    ['policies', { Action: ['organizations:CreatePolicy', 'organizations:AttachPolicy', 'organizations:TagResource'] }],
    ['to a member by its ARN', { Principal: { AWS: 'arn:aws:iam::111111111111:root' } }],
  ])('grants %s', (_, change) => expect(check(change)).toBeUndefined());

  const UNSUPPORTED = 'UNSUPPORTED_ACTION_IN_RESOURCE_POLICY';
  it.each([
    ['accounts', { Action: 'organizations:CreateAccount' }, UNSUPPORTED],
    ['invitations', { Action: 'organizations:InviteAccountToOrganization' }, UNSUPPORTED],
    ['everything', { Action: 'organizations:*' }, UNSUPPORTED],
    ['by a pattern that matches more than reading', { Action: 'organizations:*Policy' }, UNSUPPORTED],
    ['other services', { Action: 'kms:ListKeys' }, UNSUPPORTED],
    ['by exclusion', { Action: undefined, NotAction: 'organizations:CreateAccount' }, UNSUPPORTED],
    ['to strangers', { Principal: { AWS: '222222222222' } }, 'INVALID_PRINCIPAL'],
    ['to everybody', { Principal: '*' }, 'INVALID_PRINCIPAL'],
    ['to users by ARN', { Principal: { AWS: 'arn:aws:iam::111111111111:user/a' } }, 'INVALID_PRINCIPAL'],
  ])('never grants %s', (_, change, reason) => expect(check(change)).toBe(reason));
});

describe('limits', () => {
  it.each([
    [3, 250],
    [2_000, 400],
    [50_000, 1_000],
  ])('of %d members, %d may be closed within 30 days', (members, allowed) => {
    expect(closuresAllowed(DEFAULT_LIMITS, members)).toBe(allowed);
  });

  it.each([
    [
      'twice the same key',
      [
        { Key: 'a', Value: '1' },
        { Key: 'A', Value: '2' },
      ],
      [],
      'DUPLICATE_TAG_KEY',
    ],
    ['another spelling of a key', [{ Key: 'A', Value: '1' }], [{ Key: 'a', Value: '2' }], 'DUPLICATE_TAG_KEY'],
    ['a reserved key', [{ Key: 'AWS:x', Value: '1' }], [], 'INVALID_SYSTEM_TAGS_PARAMETER'],
    [
      'one tag too many',
      [{ Key: 'c', Value: '1' }],
      [
        { Key: 'a', Value: '' },
        { Key: 'b', Value: '' },
      ],
      'MAX_TAG_LIMIT_EXCEEDED',
    ],
    [
      'a new value',
      [{ Key: 'a', Value: '1' }],
      [
        { Key: 'a', Value: '2' },
        { Key: 'b', Value: '' },
      ],
      undefined,
    ],
  ])('tags: %s', (_, added, existing, reason) => {
    expect(checkTags(added, existing, 2)?.reason).toBe(reason);
  });
});
