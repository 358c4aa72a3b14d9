import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPolicySet, compilePolicy, evaluate } from '../index.ts';
import { RequestView } from '../match/request-view.ts';
import { TrieNode } from './prefix-trie.ts';

describe('TrieNode', () => {
  it('meets along a text exactly the stored prefixes of it, shortest first', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), word, (prefixes, text) => {
        const root = new TrieNode<string>('');
        for (const prefix of prefixes) root.reach(prefix).prefix = prefix;
        const met: string[] = [];
        let position = 0;
        for (let node: TrieNode<string> | undefined = root; node; ) {
          if (node.prefix !== undefined) met.push(node.prefix);
          node = node.step(text, position);
          if (node) position += node.label.length;
        }
        const expected = [...new Set(prefixes)].filter((prefix) => text.startsWith(prefix));
        expect(met).toEqual(expected.toSorted((a, b) => a.length - b.length));
      }),
    );
  });

  it('holds a chain of two thousand prefixes of each other', () => {
    const root = new TrieNode<number>('');
    for (let length = 1; length <= 2_000; length++) root.reach('a'.repeat(length)).prefix = length;
    for (let length = 1; length <= 2_000; length += 199) expect(root.reach('a'.repeat(length)).prefix).toBe(length);
  });
});

describe('the index', () => {
  const principal = { kind: 'user', arn: 'arn:aws:iam::111122223333:user/a', accountId: '111122223333' } as const;
  const candidates = (statements: object[], action: string, resource: string) => {
    const set = buildPolicySet([
      compilePolicy({ Version: '2012-10-17', Statement: statements }, { arn: 'arn:p', kind: 'identity' }),
    ]);
    const asked: number[] = [];
    set.findAllow(new RequestView({ principal, action, resource, context: new Map() }, false), (statement) => {
      asked.push(statement.ref.statementIndex);
      return false;
    });
    return asked;
  };
  const many = (make: (number: number) => object) =>
    Array.from({ length: 500 }, (_, number) => ({ Effect: 'Allow', ...make(number) }));

  it.each<[string, (number: number) => object, string, string]>([
    [
      'resources that differ in a prefix',
      (n) => ({ Action: 's3:*', Resource: `arn:aws:s3:::bucket-${n}/*` }),
      's3:GetObject',
      'arn:aws:s3:::bucket-7/x',
    ],
    [
      'resources that differ in the account',
      (n) => ({ Action: '*', Resource: `arn:aws:kms:*:${String(n).padStart(12, '0')}:*` }),
      'kms:Decrypt',
      'arn:aws:kms:r:000000000007:key/x',
    ],
    [
      'resources behind a wildcard region and account',
      (n) => ({ Action: 'kms:Decrypt', Resource: `arn:aws:kms:*:*:key/${n}` }),
      'kms:Decrypt',
      'arn:aws:kms:r:1:key/7',
    ],
    ['actions that differ', (n) => ({ Action: `svc:Act${n}`, Resource: '*' }), 'svc:act7', '*'],
    ['actions that differ in a prefix', (n) => ({ Action: `svc${n}:*`, Resource: '*' }), 'svc7:Any', '*'],
  ])('asks one statement of five hundred for %s', (_, make, action, resource) => {
    expect(candidates(many(make), action, resource)).toEqual([7]);
  });

  it('asks the same number however many unrelated statements there are', () => {
    const own = {
      Effect: 'Allow',
      Action: ['kms:Get*', 'kms:*'],
      Resource: ['arn:aws:kms:*:*:key/a*', 'arn:aws:kms:*:*:key/*'],
    };
    const alone = candidates([own], 'kms:GetKeyPolicy', 'arn:aws:kms:r:1:key/ab').length;
    const crowd = many((n) => ({ Action: `kms:Put${n}`, Resource: `arn:aws:kms:*:*:key/b${n}*` }));
    expect(candidates([...crowd, own], 'kms:GetKeyPolicy', 'arn:aws:kms:r:1:key/ab')).toHaveLength(alone);
  });

  it('finds a statement with many actions and resources too', () => {
    const list = (make: (number: number) => string) => Array.from({ length: 40 }, (_, number) => make(number));
    const statement = {
      Effect: 'Allow',
      Action: list((n) => `svc:Act${n}`),
      Resource: list((n) => `arn:aws:svc:::thing/${n}`),
    };
    const set = buildPolicySet([
      compilePolicy({ Version: '2012-10-17', Statement: statement }, { arn: 'arn:p', kind: 'identity' }),
    ]);
    const decide = (action: string, resource: string) =>
      evaluate({ principal, action, resource, context: new Map() }, { identity: set }).effect;
    expect(decide('svc:Act39', 'arn:aws:svc:::thing/39')).toBe('allow');
    expect(decide('svc:Act39', 'arn:aws:svc:::thing/40')).toBe('deny');
    expect(decide('svc:Act40', 'arn:aws:svc:::thing/39')).toBe('deny');
  });
});
