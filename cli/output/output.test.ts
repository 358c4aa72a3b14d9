import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../platform/config/config.ts';
import { ParapetError } from '../../sdk/error.ts';
import { UsageError } from '../terminal.ts';
import { formatFailure } from './failure.ts';
import { formatJson, formatJsonLine, printable } from './printable.ts';
import { formatTable } from './table.ts';

const HOSTILE = 'a\u001b[2Jb\u009b31mc\nd\u202ee';

describe('what reaches the terminal', () => {
  it('holds no control character and nothing that turns text around', () => {
    expect(printable(HOSTILE)).toBe('a\\u001b[2Jb\\u009b31mc\\u000ad\\u202ee');
    for (const text of [
      formatJson({ [HOSTILE]: HOSTILE }),
      formatJsonLine({ [HOSTILE]: HOSTILE }),
      formatTable({ [HOSTILE]: HOSTILE, List: [{ [HOSTILE]: HOSTILE }], More: { Deep: [HOSTILE] } }),
      formatFailure(
        new ParapetError('X', HOSTILE, {
          hint: HOSTILE,
          requestId: HOSTILE,
          issues: [{ pointer: HOSTILE, message: HOSTILE }],
        }),
      ),
    ]) {
      expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      expect(text).toContain('\\u202e');
    }
  });

  it('is JSON that says the same', () => {
    const value = { a: HOSTILE, b: [1, true, null] };
    expect(JSON.parse(formatJson(value))).toEqual(value);
    expect(JSON.parse(formatJsonLine(value))).toEqual(value);
    expect(formatJsonLine(value)).not.toContain('\n');
  });
});

describe('formatTable', () => {
  it('writes lists of structures as rows with a header', () => {
    const value = {
      Keys: [
        { KeyId: 'k1', Count: 3 },
        { KeyId: 'long-name', Tags: ['a', 'b'] },
      ],
      Truncated: false,
    };
    expect(formatTable(value)).toBe(
      [
        'Truncated  false',
        '',
        'Keys',
        'KeyId      Count  Tags',
        '-----      -----  ----',
        'k1         3',
        'long-name         a, b',
        '',
      ].join('\n'),
    );
  });

  it('keeps rows on a line', () => {
    const text = formatTable({ Events: [{ Sequence: 1, Event: { big: 'x'.repeat(500) } }] });
    expect(text.split('\n').every((line) => line.length < 140)).toBe(true);
    expect(text).toContain('x...');
  });

  it('writes members of members with their path', () => {
    expect(formatTable({ User: { Name: 'alice', Boundary: { Arn: 'arn:x' } } })).toBe(
      'User.Name          alice\nUser.Boundary.Arn  arn:x\n',
    );
  });

  it('writes nothing for no answer', () => {
    expect(formatTable(undefined)).toBe('');
    expect(formatTable({ Keys: [] })).toBe('Keys\n');
  });
});

describe('formatFailure', () => {
  it('says what happened, what to do, and where to look it up', () => {
    const error = new ParapetError('AccessDenied', 'no policy allows it', {
      status: 403,
      hint: 'ask for it',
      requestId: 'r-1',
      decisionId: 'd-1',
    });
    expect(formatFailure(error)).toBe(
      [
        'error: AccessDenied: no policy allows it',
        '  hint: ask for it',
        '  request id: r-1',
        '  decision id: d-1',
        '  explain: parapet authz get-decision --decision-id d-1',
        '',
      ].join('\n'),
    );
  });

  it('does not say the code twice', () => {
    expect(formatFailure(new ParapetError('InvalidCiphertext', 'InvalidCiphertext', { status: 400 }))).toBe(
      'error: InvalidCiphertext\n',
    );
  });

  it('names options in place of members', () => {
    const issues = [
      { pointer: '/KeyId', message: 'must be present' },
      { pointer: '/Tags/0/TagKey', message: 'must be present' },
      { pointer: '/Other', message: 'is not a member' },
      { pointer: '', message: 'is not valid' },
    ];
    const text = formatFailure(new ParapetError('Validation', 'bad', { issues }), (member) =>
      member === 'Other' || member === '' ? undefined : `--${member.toLowerCase()}`,
    );
    expect(text.split('\n').slice(1, 5)).toEqual([
      '  --keyid must be present',
      '  --tags (/0/TagKey) must be present',
      '  /Other is not a member',
      '  the input is not valid',
    ]);
  });

  it('points at the place in a policy document', () => {
    const findings = [{ code: 'X', message: 'no such action', pointer: '/Statement/0/Action', line: 3, column: 7 }];
    expect(formatFailure(new ParapetError('MalformedPolicyDocument', 'bad', { findings }))).toContain(
      '  line 3, column 7 (/Statement/0/Action): no such action',
    );
  });

  it('shows usage and settings errors without ids', () => {
    expect(formatFailure(new UsageError('no file', 'name one'))).toBe('error: no file\n  hint: name one\n');
    expect(formatFailure(new ConfigError('X is not set'))).toBe('error: X is not set\n');
  });
});
