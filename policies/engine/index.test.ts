// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
import { describe, expect, it } from 'vitest';
import {
  type AuthorizationRequest,
  accessDeniedSentence,
  bindPrincipals,
  buildPolicySet,
  compilePolicy,
  evaluate,
  explain,
  type Layers,
  type PolicyKind,
} from './index.ts';

const ACCOUNT = '111122223333';
const KEY = `arn:aws:kms:local-1:${ACCOUNT}:key/one`;
const request: AuthorizationRequest = {
  principal: { kind: 'user', arn: `arn:aws:iam::${ACCOUNT}:user/alice`, accountId: ACCOUNT, uniqueId: 'AIDA1' },
  action: 'kms:Decrypt',
  resource: KEY,
  context: new Map(),
};
const policy = (name: string, kind: PolicyKind, ...statements: object[]) =>
  compilePolicy(
    { Version: '2012-10-17', Statement: statements },
    { arn: `arn:aws:iam::${ACCOUNT}:policy/${name}`, kind, version: 'v2', name },
  );
const set = (name: string, kind: PolicyKind, ...statements: object[]) =>
  buildPolicySet([policy(name, kind, ...statements)]);
const ALLOW = { Sid: 'Yes', Effect: 'Allow', Action: 'kms:*', Resource: '*' };
const DENY = { Sid: 'No', Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' };

describe('evaluate', () => {
  it('names the policy, its version and the statement with its place', () => {
    const text =
      '{"Version":"2012-10-17",\n  "Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"},\n    {"Sid":"Yes","Effect":"Allow","Action":"kms:*","Resource":"*"}]}';
    const compiled = compilePolicy(text, { arn: 'arn:p', kind: 'identity', version: 'v3' });
    expect(evaluate(request, { identity: buildPolicySet([compiled]) })).toEqual({
      effect: 'allow',
      reason: 'allow',
      layer: 'identity',
      matched: [
        {
          policyArn: 'arn:p',
          version: 'v3',
          sid: 'Yes',
          statementIndex: 1,
          line: 3,
          column: 5,
          endLine: 3,
          endColumn: 67,
        },
      ],
    });
    expect(compiled.contentHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('names both grants when an account is entered from outside', () => {
    const layers = {
      identity: set('id', 'identity', ALLOW),
      resource: set('key', 'resource', { ...ALLOW, Principal: { AWS: '444455556666' } }),
    };
    const caller = { kind: 'user', arn: 'arn:aws:iam::444455556666:user/eve', accountId: '444455556666' } as const;
    const decision = evaluate({ ...request, principal: caller }, layers);
    expect(decision.effect).toBe('allow');
    expect(decision.matched.map((ref) => ref.policyName)).toEqual(['key', 'id']);
  });

  it.each<[string, Partial<AuthorizationRequest>]>([
    ['an action without a service', { action: 'Decrypt' }],
    ['an action without a name', { action: 'kms:' }],
    ['an empty resource', { resource: '' }],
    ['a context that is no map', { context: undefined as unknown as AuthorizationRequest['context'] }],
    [
      'a context that throws',
      {
        context: {
          get: () => {
            throw new Error('gone');
          },
        } as unknown as AuthorizationRequest['context'],
      },
    ],
    ['no principal', { principal: undefined as unknown as AuthorizationRequest['principal'] }],
  ])('denies with reason error: %s', (_, change) => {
    const identity = set('id', 'identity', { ...ALLOW, Action: '*', Condition: { StringEquals: { k: 'v' } } });
    expect(evaluate({ ...request, ...change }, { identity })).toEqual({ effect: 'deny', reason: 'error', matched: [] });
    expect(explain({ ...request, ...change }, { identity }).decision.reason).toBe('error');
  });

  it('lets the root user act without policies, and says so', () => {
    const root = { kind: 'root', arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT } as const;
    expect(evaluate({ ...request, principal: root }, { boundary: buildPolicySet([]) })).toMatchObject({
      effect: 'allow',
      impliedBy: 'root-user',
    });
    expect(evaluate({ ...request, principal: root }, { session: buildPolicySet([]) })).toMatchObject({
      effect: 'deny',
      layer: 'session',
    });
  });

  it('does not bind service principals by an SCP, nor service-linked roles by SCP and RCP', () => {
    const level = [{ id: 'r', name: 'root', set: buildPolicySet([]) }];
    const resource = set('key', 'resource', { ...ALLOW, Principal: { Service: 'x.amazonaws.com' } });
    const service = { kind: 'service', arn: 'x.amazonaws.com', accountId: '' } as const;
    expect(evaluate({ ...request, principal: service }, { scp: level, resource }).effect).toBe('allow');
    const linked = { ...request.principal, isServiceLinkedRole: true };
    expect(
      evaluate({ ...request, principal: linked }, { scp: level, rcp: level, identity: set('id', 'identity', ALLOW) })
        .effect,
    ).toBe('allow');
  });
});

describe('explain', () => {
  const layers: Layers = {
    scp: [
      { id: 'r-1', name: 'Root', set: set('full', 'scp', ALLOW) },
      { id: 'ou-1', name: 'Sandbox', set: set('fence', 'scp', ALLOW, DENY) },
    ],
    resource: set('key', 'resource', { ...ALLOW, Principal: { AWS: ACCOUNT } }),
    identity: set('id', 'identity', ALLOW, DENY, {
      ...ALLOW,
      Sid: 'Mfa',
      Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    }),
    boundary: set('fence', 'boundary', { ...ALLOW, Action: 's3:*' }),
  };

  it('lists every layer and level, every explicit deny, and where the caller is named', () => {
    const explanation = explain(request, layers);
    expect(explanation.decision).toMatchObject({
      reason: 'explicit-deny',
      layer: 'scp',
      level: { id: 'ou-1', name: 'Sandbox' },
    });
    expect(explanation.layers.map(({ layer, level, outcome }) => [layer, level?.id, outcome])).toEqual([
      ['scp', 'r-1', 'allow'],
      ['scp', 'ou-1', 'explicit-deny'],
      ['resource', undefined, 'allow'],
      ['identity', undefined, 'explicit-deny'],
      ['boundary', undefined, 'implicit-deny'],
    ]);
    expect(explanation.explicitDenies.map(({ layer, sid, statementIndex }) => [layer, sid, statementIndex])).toEqual([
      ['scp', 'No', 1],
      ['identity', 'No', 1],
    ]);
    expect(explanation.layers[2]?.grantedTo).toEqual(['account']);
  });

  it('names the first silent layer and the keys that were missing', () => {
    const asked = { ...ALLOW, Sid: 'Asked', Resource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/team}' };
    const conditional = {
      ...ALLOW,
      Condition: {
        StringEquals: { 'aws:RequestTag/Env': '${aws:SourceIdentity}' },
        Bool: { 'aws:SecureTransport': 'true' },
      },
    };
    const unrelated = {
      ...ALLOW,
      Sid: 'Unrelated',
      Action: 's3:*',
      Condition: { Bool: { 'aws:ViaAWSService': 'true' } },
    };
    const explanation = explain(
      { ...request, context: new Map([['aws:securetransport', 'true']]) },
      { identity: set('id', 'identity', asked, conditional, unrelated) },
    );
    expect(explanation.implicitLayer).toBe('identity');
    expect(explanation.missingContextKeys).toEqual([
      'aws:principaltag/team',
      'aws:requesttag/env',
      'aws:sourceidentity',
    ]);
  });
});

describe('accessDeniedSentence', () => {
  const start = `User: arn:aws:iam::${ACCOUNT}:user/alice is not authorized to perform: kms:Decrypt on resource: ${KEY}`;
  const levels = (...statements: object[]) => [{ id: 'r', name: 'r', set: set('fence', 'scp', ...statements) }];
  const sentence = (layers: Layers, sameOrganization = true) =>
    accessDeniedSentence(evaluate(request, layers), request, sameOrganization);

  it('names the layer of an explicit deny, and the policy inside the organization only', () => {
    const arn = `arn:aws:iam::${ACCOUNT}:policy/fence`;
    expect(sentence({ scp: levels(DENY) })).toBe(`${start} with an explicit deny in a service control policy: ${arn}`);
    expect(sentence({ scp: levels(DENY) }, false)).toBe(`${start} with an explicit deny in a service control policy`);
    expect(sentence({ identity: set('fence', 'identity', DENY) })).toBe(
      `${start} with an explicit deny in an identity-based policy: ${arn}`,
    );
    expect(sentence({ boundary: set('fence', 'boundary', DENY) })).toBe(
      `${start} with an explicit deny in a permissions boundary: ${arn}`,
    );
  });

  it('names the layer whose silence denies', () => {
    expect(sentence({})).toBe(`${start} because no identity-based policy allows the kms:Decrypt action`);
    const silent = [{ id: 'r', name: 'r', set: buildPolicySet([]) }];
    expect(sentence({ scp: silent })).toBe(`${start} because no service control policy allows the kms:Decrypt action`);
    expect(sentence({ resourceTrust: 'explicit' })).toBe(
      `${start} because no resource-based policy allows the kms:Decrypt action`,
    );
    const allowed = { identity: set('id', 'identity', ALLOW) };
    expect(sentence({ ...allowed, boundary: buildPolicySet([]) })).toBe(
      `${start} because no permissions boundary allows the kms:Decrypt action`,
    );
    expect(sentence({ ...allowed, session: buildPolicySet([]) })).toBe(
      `${start} because no session policy allows the kms:Decrypt action`,
    );
  });

  it('gives no reason for an error', () => {
    expect(accessDeniedSentence({ effect: 'deny', reason: 'error', matched: [] }, request, true)).toBe(start);
  });
});

describe('bindPrincipals', () => {
  const roleArn = `arn:aws:iam::${ACCOUNT}:role/Deploy`;
  const sessionArn = `arn:aws:sts::${ACCOUNT}:assumed-role/Deploy/run`;
  const session = { kind: 'assumed-role', arn: sessionArn, accountId: ACCOUNT, roleArn, uniqueId: 'AROA1' } as const;
  const bound = (effect: string, name: string, ids: Record<string, string>) =>
    buildPolicySet([
      bindPrincipals(
        policy('key', 'resource', { ...ALLOW, Effect: effect, Principal: { AWS: name } }),
        (arn) => ids[arn],
      ),
    ]);

  it.each([
    ['the same id', roleArn, { [roleArn]: 'AROA1' }, 'allow'],
    ['another id', roleArn, { [roleArn]: 'AROA2' }, 'deny'],
    ['a name that nobody bears', roleArn, {}, 'deny'],
    ['the session of the same role', sessionArn, { [sessionArn]: 'AROA1' }, 'allow'],
    ['the session of a re-created role', sessionArn, { [sessionArn]: 'AROA2' }, 'deny'],
  ] as const)('decides by %s', (_, name, ids, effect) => {
    expect(evaluate({ ...request, principal: session }, { resource: bound('Allow', name, ids) }).effect).toBe(effect);
  });

  it('follows a renamed user', () => {
    const resource = bound('Allow', request.principal.arn, { [request.principal.arn]: 'AIDA1' });
    const renamed = { ...request.principal, arn: `arn:aws:iam::${ACCOUNT}:user/alicia` };
    expect(evaluate({ ...request, principal: renamed }, { resource }).effect).toBe('allow');
  });

  it('leaves accounts, services and everybody unbound', () => {
    const resource = bound('Allow', '*', {});
    expect(evaluate(request, { resource }).effect).toBe('allow');
  });
});
