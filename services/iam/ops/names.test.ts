/**
 * Class C01: a name is ASCII, compared by its exact bytes, unique without letter case. Forty spellings near `alice`
 * go through every member that takes a name: each is either refused or is a name of its own, never `alice`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { iamApi as api } from '../api/index.ts';
import { allow, errorOf, type IamWorld, openIam, policy } from '../testing/harness.ts';

const NAME = 'alice';
const DOCUMENT = policy(allow('kms:Decrypt'));

/** Look-alikes of `alice`, `k`-names included through the Kelvin sign. */
const VARIANTS = [
  'Alice',
  'ALICE',
  'aLICE',
  'alicE',
  ' alice',
  'alice ',
  'al ice',
  '\talice',
  'alice\n',
  'alice\r\n',
  'alice\u00a0',
  'alice\u200b',
  '\ufeffalice',
  'alice\0',
  'ali\0ce',
  'alice\u202e',
  'ali\u0441e',
  '\u0430lice',
  'a\u217cice',
  'al\u0131ce',
  'al\u0130ce',
  'aliçe',
  'alic\u0065\u0301',
  '\uff41\uff4c\uff49\uff43\uff45',
  'ſalice',
  'alice\u212a',
  '.',
  '..',
  './alice',
  '../alice',
  'alice/',
  '/alice',
  'team/alice',
  'alice/..',
  'alice%00',
  'alice%2f',
  'alice*',
  'al?ce',
  `\${aws:username}`,
  'alice:root',
  'alice;',
  "alice' OR '1'='1",
  'alice"',
  'alice\\',
  'root',
  'ROOT',
  'alice@',
  'alice,bob',
];

let world: IamWorld;
let policyArn: string;
beforeAll(async () => {
  world = await openIam();
  const as = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);
  await as(api.CreateUser, { UserName: NAME });
  await as(api.CreateGroup, { GroupName: NAME });
  policyArn = (await as(api.CreatePolicy, { PolicyName: NAME, PolicyDocument: DOCUMENT })).Policy.Arn;
  await as(api.PutUserPolicy, { UserName: NAME, PolicyName: NAME, PolicyDocument: DOCUMENT });
  await as(api.PutGroupPolicy, { GroupName: NAME, PolicyName: NAME, PolicyDocument: DOCUMENT });
  await as(api.AttachUserPolicy, { UserName: NAME, PolicyArn: policyArn });
  await as(api.CreateAccessKey, { UserName: NAME });
});
afterAll(() => world.close());

type Build = (variant: string) => [AnyOperation, object];
const user =
  (operation: AnyOperation, extra: object = {}): Build =>
  (UserName) => [operation, { UserName, ...extra }];
const group =
  (operation: AnyOperation, extra: object = {}): Build =>
  (GroupName) => [operation, { GroupName, ...extra }];
const managed =
  (operation: AnyOperation, extra: object = {}): Build =>
  (name) => [operation, { PolicyArn: `${policyArn.slice(0, -NAME.length)}${name}`, ...extra }];
const tags = { Tags: [{ Key: 'hit', Value: 'hit' }] };
const lookups: [string, Build][] = [
  ...[api.GetUser, api.DeleteUser, api.ListGroupsForUser, api.ListAttachedUserPolicies, api.ListUserPolicies].map(
    (o): [string, Build] => [o.name, user(o)],
  ),
  ...[api.CreateAccessKey, api.ListAccessKeys, api.ListUserTags, api.DeleteUserPermissionsBoundary].map(
    (o): [string, Build] => [o.name, user(o)],
  ),
  ['UpdateUser', user(api.UpdateUser, { NewPath: '/hit/' })],
  ['TagUser', user(api.TagUser, tags)],
  ['UntagUser', user(api.UntagUser, { TagKeys: ['x'] })],
  ['PutUserPolicy', user(api.PutUserPolicy, { PolicyName: 'hit', PolicyDocument: DOCUMENT })],
  [
    'PutUserPolicy by policy name',
    (PolicyName) => [api.PutUserPolicy, { UserName: NAME, PolicyName, PolicyDocument: '{}' }],
  ],
  ['GetUserPolicy', (PolicyName) => [api.GetUserPolicy, { UserName: NAME, PolicyName }]],
  ['GetUserPolicy by user', user(api.GetUserPolicy, { PolicyName: NAME })],
  ['DeleteUserPolicy', (PolicyName) => [api.DeleteUserPolicy, { UserName: NAME, PolicyName }]],
  ['DeleteUserPolicy by user', user(api.DeleteUserPolicy, { PolicyName: NAME })],
  ['AttachUserPolicy', user(api.AttachUserPolicy, { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })],
  ['AttachUserPolicy by ARN', (n) => [api.AttachUserPolicy, { UserName: NAME, ...managed(api.GetPolicy)(n)[1] }]],
  ['DetachUserPolicy', (n) => [api.DetachUserPolicy, { UserName: n, PolicyArn: policyArn }]],
  ['DetachUserPolicy by ARN', (n) => [api.DetachUserPolicy, { UserName: NAME, ...managed(api.GetPolicy)(n)[1] }]],
  [
    'PutUserPermissionsBoundary',
    user(api.PutUserPermissionsBoundary, { PermissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
  ],
  ['AddUserToGroup by user', user(api.AddUserToGroup, { GroupName: NAME })],
  ['AddUserToGroup by group', group(api.AddUserToGroup, { UserName: NAME })],
  ['RemoveUserFromGroup', group(api.RemoveUserFromGroup, { UserName: NAME })],
  ...[api.GetGroup, api.DeleteGroup, api.ListAttachedGroupPolicies, api.ListGroupPolicies].map((o): [string, Build] => [
    o.name,
    group(o),
  ]),
  ['UpdateGroup', group(api.UpdateGroup, { NewPath: '/hit/' })],
  ['PutGroupPolicy', group(api.PutGroupPolicy, { PolicyName: 'hit', PolicyDocument: DOCUMENT })],
  ['GetGroupPolicy', (PolicyName) => [api.GetGroupPolicy, { GroupName: NAME, PolicyName }]],
  ['DeleteGroupPolicy', (PolicyName) => [api.DeleteGroupPolicy, { GroupName: NAME, PolicyName }]],
  ['AttachGroupPolicy', group(api.AttachGroupPolicy, { PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' })],
  ['GetPolicy', managed(api.GetPolicy)],
  ['DeletePolicy', managed(api.DeletePolicy)],
  ['ListPolicyVersions', managed(api.ListPolicyVersions)],
  ['CreatePolicyVersion', managed(api.CreatePolicyVersion, { PolicyDocument: DOCUMENT, SetAsDefault: true })],
  ['TagPolicy', managed(api.TagPolicy, tags)],
  ['ListEntitiesForPolicy', managed(api.ListEntitiesForPolicy)],
  [
    'Authorize',
    (n) => [
      api.Authorize,
      { Principal: `arn:aws:iam::${world.admin.accountId}:user/${n}`, Action: 'kms:Decrypt', Resource: '*' },
    ],
  ],
];

/** Everything about `alice` that a look-alike could have changed. */
async function stateOfAlice(): Promise<string> {
  const db = world.store.read;
  const tables = [
    'iam_user',
    'iam_group',
    'managed_policy',
    'policy_version',
    'attachment',
    'inline_policy',
    'access_key',
    'tag',
    'group_member',
  ] as const;
  const rows = await Promise.all(tables.map((table) => db.selectFrom(table).selectAll().execute()));
  return JSON.stringify(rows);
}

const REFUSALS = new Set(['Validation', 'NotFound', 'EntityAlreadyExists', 'MalformedPolicyDocument']);

describe('names that only look like another', () => {
  it.each(lookups)('%s finds nothing under them', async (_, build) => {
    const before = await stateOfAlice();
    const answers = VARIANTS.map(async (variant) => {
      const [operation, input] = build(variant);
      const error = await errorOf(world.as(world.admin, operation, input));
      return [variant, error.code] as const;
    });
    const wrong = (await Promise.all(answers)).filter(([, code]) => !REFUSALS.has(code));
    expect(wrong).toEqual([]);
    expect(await stateOfAlice()).toBe(before);
  });

  const creates: [string, (name: string) => [AnyOperation, object], (name: string) => [AnyOperation, object]][] = [
    ['CreateUser', (n) => [api.CreateUser, { UserName: n }], (n) => [api.DeleteUser, { UserName: n }]],
    ['CreateGroup', (n) => [api.CreateGroup, { GroupName: n }], (n) => [api.DeleteGroup, { GroupName: n }]],
    ['CreatePolicy', (n) => [api.CreatePolicy, { PolicyName: n, PolicyDocument: DOCUMENT }], managed(api.DeletePolicy)],
    [
      'UpdateUser',
      (n) => [api.UpdateUser, { UserName: 'other', NewUserName: n }],
      (n) => [api.UpdateUser, { UserName: n, NewUserName: 'other' }],
    ],
    [
      'UpdateGroup',
      (n) => [api.UpdateGroup, { GroupName: 'other', NewGroupName: n }],
      (n) => [api.UpdateGroup, { GroupName: n, NewGroupName: 'other' }],
    ],
  ];

  it.each(creates)('%s refuses them or stores them as written', async (name, create, undo) => {
    const as = (operation: AnyOperation, input: unknown) => world.as(world.admin, operation, input);
    if (name === 'UpdateUser') await as(api.CreateUser, { UserName: 'other' });
    if (name === 'UpdateGroup') await as(api.CreateGroup, { GroupName: 'other' });
    const taken: string[] = [];
    for (const variant of VARIANTS) {
      const [operation, input] = create(variant);
      try {
        await as(operation, input);
      } catch (error) {
        const { code } = error as { code: string };
        // Spellings of the same letters are taken, everything outside the alphabet of names is invalid.
        expect(code, variant).toBe(
          /^alice$/i.test(variant) && !/\n/.test(variant) ? 'EntityAlreadyExists' : 'Validation',
        );
        continue;
      }
      taken.push(variant);
      await as(...undo(variant));
    }
    expect(taken).toEqual(['root', 'ROOT', 'alice@', 'alice,bob']);
  });

  it.each([
    '/a',
    'a/',
    '//',
    '/a//',
    '/../',
    '/a/../b/',
    '/./',
    '/a*/',
    '/a?/',
    '/a b/',
    `/\${x}/`,
    '/ä/',
    '/a\n/',
    '',
  ])('path %j is refused', async (Path) => {
    for (const [operation, input] of [
      [api.CreateUser, { UserName: 'p' }],
      [api.CreateGroup, { GroupName: 'p' }],
      [api.CreatePolicy, { PolicyName: 'p', PolicyDocument: DOCUMENT }],
    ] as const)
      expect(await errorOf(world.as(world.admin, operation, { ...input, Path }))).toMatchObject({ code: 'Validation' });
  });
});
