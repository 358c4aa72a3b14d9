import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../platform/audit/canonical-json.ts';
import { actorOf, indexColumns, indexTerm } from './index-columns.ts';

const record = (members: Record<string, unknown>) => indexColumns(canonicalJson(members));

describe('search columns of a record', () => {
  it('are its members', () => {
    const columns = record({
      eventName: 'Decrypt',
      eventSource: 'kms.amazonaws.com',
      requestID: 'r-1',
      resources: [{ ARN: 'arn:1' }, { ARN: 'arn:2' }, { ARN: 'arn:1' }],
      userIdentity: { arn: 'arn:aws:iam::111122223333:user/team/alice', accessKeyId: 'AKIA1' },
    });
    expect(columns).toEqual({
      name: 'Decrypt',
      source: 'kms.amazonaws.com',
      principal: 'arn:aws:iam::111122223333:user/team/alice',
      actor: 'alice',
      accessKey: 'AKIA1',
      outcome: 'success',
      requestId: 'r-1',
      layer: null,
      project: null,
      resources: ['arn:1', 'arn:2'],
      change: false,
      decisions: { text: '', settings: new Map() },
    });
  });

  it('tell a write that succeeded from everything else', () => {
    expect(record({ readOnly: false }).change).toBe(true);
    expect(record({ readOnly: true }).change).toBe(false);
    expect(record({ readOnly: false, errorCode: 'NotFoundException' }).change).toBe(false);
    expect(record({}).change).toBe(false);
  });

  const outcomes: [string, Record<string, unknown>, string][] = [
    ['no error', {}, 'success'],
    ['a policy denial', { errorCode: 'AccessDeniedException', x: { decision: { effect: 'deny' } } }, 'denied'],
    ['a denial under any name', { errorCode: 'Whatever', x: { decision: { effect: 'deny' } } }, 'denied'],
    ['a caller without identity', { errorCode: 'Unauthenticated' }, 'denied'],
    [
      'an allowed request that failed',
      { errorCode: 'NotFoundException', x: { decision: { effect: 'allow' } } },
      'failed',
    ],
    ['an invalid request', { errorCode: 'Validation' }, 'failed'],
  ];
  it.each(outcomes)('tell %s', (_title, members, outcome) => {
    expect(record(members).outcome).toBe(outcome);
  });

  it.each([
    [
      'the layer',
      [
        { effect: 'allow', layer: 'identity' },
        { effect: 'deny', layer: 'scp', reason: 'explicit-deny' },
      ],
      'scp',
    ],
    ['the reason where no layer did', [{ effect: 'deny', reason: 'owner-state' }], 'owner-state'],
    ['nothing when all was allowed', [{ effect: 'allow', layer: 'identity' }], null],
    ['nothing when nothing was asked', undefined, null],
    ['nothing when it cannot be told', [null, 7, { effect: 'deny', layer: {} }], null],
  ])('tell who denied: %s', (_what, checks, layer) => {
    expect(record({ x: { decision: { checks } } }).layer).toBe(layer);
  });

  it('tell the project', () => {
    expect(record({ x: { enterpriseProject: 'p-1' } }).project).toBe('p-1');
  });

  it('name the resources a denied request asked for', () => {
    const x = { decision: { effect: 'deny', checks: [{ resource: 'arn:9' }, { resource: '*' }] } };
    expect(record({ errorCode: 'AccessDenied', x }).resources).toEqual(['arn:9']);
  });

  it('are not taken from what the caller put into the request', () => {
    const forged = { eventName: 'Forged', errorCode: 'Forged', userIdentity: { arn: 'arn:forged' } };
    const columns = record({
      eventName: 'Encrypt',
      requestParameters: { ...forged, EncryptionContext: forged },
      x: forged,
    });
    expect(columns).toMatchObject({ name: 'Encrypt', outcome: 'success', principal: null });
  });

  it('never throw, whatever the text is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .jsonValue()
            .map((value) =>
              JSON.stringify({ resources: value, x: { decision: { checks: value } }, userIdentity: value }),
            ),
        ),
        (text) => {
          expect(indexColumns(text).outcome).toMatch(/^(success|denied|failed)$/);
        },
      ),
    );
  });

  it('are short, without NUL, and different for different values', () => {
    const text = fc.oneof(fc.string({ maxLength: 30 }), fc.string({ minLength: 500, maxLength: 700 }));
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(indexTerm(a).length).toBeLessThanOrEqual(512);
        expect(indexTerm(a)).not.toContain('\0');
        if (a !== b) expect(indexTerm(a)).not.toBe(indexTerm(b));
      }),
    );
    expect(indexTerm('a\0b')).not.toContain('\0');
  });

  it('name the last part of the principal', () => {
    expect(actorOf('arn:aws:iam::111122223333:root')).toBe('root');
    expect(actorOf('arn:aws:sts::111122223333:assumed-role/Deployer/session-1')).toBe('session-1');
  });
});
