/** Guardrails and account states on a service that holds something: the same request before and after. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  guardrailArn,
  MANAGEMENT,
  ORG,
  ROOT,
  TestOrganization,
} from '../../../platform/authz/testing/test-organization.ts';
import { ACCOUNT, document, failure, KmsHarness, OTHER_ACCOUNT, toAccount } from '../testing/harness.ts';

const UNIT = 'ou-ab12-00000001';
const NO_KEYS = { Sid: 'NoNewKeys', Effect: 'Deny', Action: 'kms:CreateKey', Resource: '*' };
const NO_USE = { Sid: 'NoOutsiders', Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*' };

let kms: KmsHarness;
beforeAll(async () => {
  kms = await KmsHarness.open();
});
afterAll(() => kms.close());
beforeEach(() => {
  kms.organization.data = { ...new TestOrganization(kms.deps.clock).data, Revision: kms.organization.data.Revision };
  kms.organization.create().unit(UNIT, ROOT, 'Production').account(ACCOUNT, UNIT);
});

const caught = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error('the request was expected to fail');
    },
    (error: unknown) => error as { code: string; message: string; hint: string; details: Record<string, unknown> },
  );
const decision = async () => (await kms.lastRecord()).x.decision as Record<string, unknown> | undefined;
const outsiderOf = (accountId = OTHER_ACCOUNT) => kms.user('outsider', undefined, accountId);
const shared = async () => {
  const Policy = document(toAccount(), {
    Effect: 'Allow',
    Principal: { AWS: OTHER_ACCOUNT },
    Action: 'kms:*',
    Resource: '*',
  });
  return (await kms.key({ Policy })).arn;
};

describe('a guardrail of the caller', () => {
  it.each(['admin', 'root'])('binds %s of a member at once; policy, statement and level are named', async (name) => {
    const caller = kms.user(name);
    await caller.CreateKey({});
    kms.organization.attach('scp', UNIT, 'NoKeys', [NO_KEYS]);
    const error = await caught(caller.CreateKey({}));
    const arn = guardrailArn('scp', 'NoKeys');
    expect(error.code).toBe('AccessDenied');
    expect(error.message).toMatch(
      new RegExp(
        `^User: arn:aws:iam::${ACCOUNT}:\\S+ is not authorized to perform: kms:CreateKey on resource: \\S+ with an explicit deny in a service control policy: ${arn}$`,
      ),
    );
    expect(error.hint).toContain(
      'denied by statement NoNewKeys of policy NoKeys, attached to Production (ou-ab12-00000001)',
    );
    expect(error.details.denial).toEqual({
      layer: 'scp',
      level: { id: UNIT, name: 'Production' },
      statement: { policyArn: arn, policyName: 'NoKeys', version: expect.any(String), sid: 'NoNewKeys', index: 0 },
    });
  });

  it('does not bind the management account, nor an account outside', async () => {
    kms.organization.attach('scp', ROOT, 'NoKeys', [NO_KEYS]);
    await kms.user('admin', undefined, MANAGEMENT).CreateKey({});
    await kms.user('admin', undefined, OTHER_ACCOUNT).CreateKey({});
    expect((await caught(kms.user('admin').CreateKey({}))).code).toBe('AccessDenied');
  });

  it('must allow at every level: the level that is silent is named', async () => {
    kms.organization.detach(UNIT, 'p-FullAWSAccess');
    const error = await caught(kms.user('root').CreateKey({}));
    expect(error.message).toContain('because no service control policy allows the kms:CreateKey action');
    expect(error.hint).toContain('nothing attached to Production (ou-ab12-00000001) allows it');
    expect(error.details.denial).toEqual({ layer: 'scp', level: { id: UNIT, name: 'Production' } });
  });

  it('ends with the move of the account out of the unit', async () => {
    kms.organization.attach('scp', UNIT, 'NoKeys', [NO_KEYS]);
    kms.organization.move(ACCOUNT, ROOT);
    await kms.user('admin').CreateKey({});
  });

  it('can ask for organization, path and state', async () => {
    const Condition = {
      StringEquals: { 'aws:PrincipalOrgID': ORG, 'aws:ResourceOrgID': ORG, 'parapet:AccountState': 'ACTIVE' },
      'ForAnyValue:StringLike': {
        'aws:PrincipalOrgPaths': `${ORG}/${ROOT}/${UNIT}/*`,
        'aws:ResourceOrgPaths': `${ORG}/*`,
      },
    };
    kms.organization.attach('scp', ROOT, 'Here', [{ ...NO_KEYS, Condition }]);
    expect((await caught(kms.user('admin').CreateKey({}))).message).toContain(guardrailArn('scp', 'Here'));
    kms.organization.move(ACCOUNT, ROOT);
    await kms.user('admin').CreateKey({});
  });

  it('leaves revision, levels and the denying level in the record', async () => {
    kms.organization.attach('scp', UNIT, 'NoKeys', [NO_KEYS]);
    await caught(kms.user('admin').CreateKey({}));
    const full = (type: string) => ({ policies: [`p-${type}@1`] });
    expect(await decision()).toMatchObject({
      effect: 'deny',
      context: { 'aws:principalorgid': ORG, 'aws:principalorgpaths': [`${ORG}/${ROOT}/${UNIT}/`] },
      checks: [
        {
          effect: 'deny',
          layer: 'scp',
          reason: 'explicit-deny',
          level: { id: UNIT, name: 'Production' },
          statements: [{ policyArn: guardrailArn('scp', 'NoKeys'), sid: 'NoNewKeys', index: 0 }],
          rcp: [ROOT, UNIT, ACCOUNT].map((id) => ({ id, ...full('RCPFullAWSAccess') })),
        },
      ],
      organization: {
        id: ORG,
        revision: kms.organization.data.Revision,
        scp: [
          { id: ROOT, ...full('FullAWSAccess') },
          { id: UNIT, policies: ['p-FullAWSAccess@1', expect.stringMatching(/^p-NoKeys@\d+$/)] },
          { id: ACCOUNT, ...full('FullAWSAccess') },
        ],
      },
    });
  });

  it('leaves nothing of an organization in the record where there is none', async () => {
    kms.organization.data = new TestOrganization(kms.deps.clock).data;
    kms.organization.organization.changed();
    await kms.user('admin').CreateKey({});
    expect(await decision()).not.toHaveProperty('organization');
  });
});

describe('a guardrail of the owner', () => {
  it('binds an outsider whom the key policy lets in, and tells him no policy', async () => {
    const KeyId = await shared();
    await outsiderOf().Encrypt({ KeyId, Plaintext: Buffer.from('x') });
    kms.organization.attach('rcp', ROOT, 'NoOutsiders', [
      { ...NO_USE, Condition: { StringNotEqualsIfExists: { 'aws:PrincipalOrgID': ORG } } },
    ]);
    const error = await caught(outsiderOf().Encrypt({ KeyId, Plaintext: Buffer.from('x') }));
    expect(error.message).toBe(
      `User: arn:aws:iam::${OTHER_ACCOUNT}:user/outsider is not authorized to perform: kms:Encrypt on resource: ${KeyId} with an explicit deny in a resource control policy`,
    );
    expect(error.details).not.toHaveProperty('denial');
    expect(error.hint).not.toContain('NoOutsiders');
    await kms.user('admin').Encrypt({ KeyId, Plaintext: Buffer.from('x') });
  });

  it('binds other members and the management account as users, and names itself to them', async () => {
    const KeyId = await shared();
    kms.organization.account(OTHER_ACCOUNT).attach('rcp', UNIT, 'NoUse', [NO_USE]);
    const error = await caught(outsiderOf().Encrypt({ KeyId, Plaintext: Buffer.from('x') }));
    expect(error.message).toContain(
      `with an explicit deny in a resource control policy: ${guardrailArn('rcp', 'NoUse')}`,
    );
    expect((await caught(kms.user('root').Encrypt({ KeyId, Plaintext: Buffer.from('x') }))).code).toBe('AccessDenied');
  });

  it('answers the same about a key that is not there', async () => {
    const KeyId = await shared();
    kms.organization.attach('rcp', ROOT, 'NoUse', [NO_USE]);
    const missing = KeyId.replace(/[0-9a-f]{12}$/, '000000000000');
    const [there, not] = await Promise.all(
      [KeyId, missing].map((id) => caught(outsiderOf().Encrypt({ KeyId: id, Plaintext: Buffer.from('x') }))),
    );
    expect(there?.message.replace(KeyId, '')).toBe(not?.message.replace(missing, ''));
  });

  it('does not protect the management account', async () => {
    kms.organization.attach('rcp', ROOT, 'NoUse', [NO_USE]);
    await kms.user('admin', undefined, MANAGEMENT).CreateKey({});
  });
});

describe('a guardrail that is only observed', () => {
  it('refuses nothing; what it would have denied is recorded and counted', async () => {
    const counted = async () =>
      (await kms.metrics.observed.get()).values.find(({ labels }) => labels.policy === 'p-NoKeys')?.value ?? 0;
    const before = await counted();
    kms.organization.attach('scp', UNIT, 'NoKeys', [NO_KEYS], 'observe');
    await kms.user('admin').CreateKey({});
    expect(await decision()).toMatchObject({
      effect: 'allow',
      observed: [
        {
          layer: 'scp',
          level: { id: UNIT, name: 'Production' },
          policyId: 'p-NoKeys',
          statement: { index: 0, policyArn: guardrailArn('scp', 'NoKeys'), sid: 'NoNewKeys' },
        },
      ],
    });
    expect(await counted()).toBe(before + 1);
  });

  it('is not asked when the request is denied anyway', async () => {
    kms.organization.attach('scp', UNIT, 'NoKeys', [NO_KEYS]).attach('scp', ROOT, 'Seen', [NO_KEYS], 'observe');
    await caught(kms.user('admin').CreateKey({}));
    expect(await decision()).not.toHaveProperty('observed');
  });
});

describe('the state of an account', () => {
  it.each([
    ['SUSPENDED', 'suspended'],
    ['PENDING_ACTIVATION', 'waiting for its activation'],
    ['PENDING_CLOSURE', 'being closed'],
    ['CLOSED', 'closed'],
  ] as const)('%s refuses its own callers, root included, and says so', async (state, phrase) => {
    kms.organization.state(ACCOUNT, state, true);
    for (const name of ['admin', 'root']) {
      const error = await caught(kms.user(name).ListKeys({}));
      expect(error.code).toBe('AccessDenied');
      expect(error.message).toMatch(new RegExp(`refused because account ${ACCOUNT} is ${phrase} \\(${state}\\)$`));
    }
    expect(await kms.lastRecord()).toMatchObject({ errorCode: 'AccessDenied', recipientAccountId: ACCOUNT });
    kms.organization.state(ACCOUNT, 'ACTIVE');
    await kms.user('admin').ListKeys({});
  });

  it('stops the use of its keys by others, unless a suspended account is to keep it', async () => {
    const KeyId = await shared();
    const use = () => outsiderOf().Encrypt({ KeyId, Plaintext: Buffer.from('x') });
    kms.organization.state(ACCOUNT, 'SUSPENDED');
    const error = await caught(use());
    expect(error.code).toBe('AccessDenied');
    expect(error.message).toBe(
      `User: arn:aws:iam::${OTHER_ACCOUNT}:user/outsider is not authorized to perform: kms:Encrypt on resource: ${KeyId} because account ${ACCOUNT} is suspended (SUSPENDED)`,
    );
    expect(await decision()).toMatchObject({
      effect: 'deny',
      checks: [{ effect: 'deny', ownerState: 'SUSPENDED', reason: 'owner-state' }],
    });
    kms.organization.state(ACCOUNT, 'SUSPENDED', true);
    await use();
    kms.organization.state(ACCOUNT, 'PENDING_CLOSURE', true);
    expect((await caught(use())).code).toBe('AccessDenied');
    kms.organization.state(ACCOUNT, 'ACTIVE');
    await use();
  });

  it('is not told to somebody whom no policy lets in', async () => {
    const { arn } = await kms.key();
    kms.organization.state(ACCOUNT, 'SUSPENDED');
    const error = await failure(outsiderOf().Encrypt({ KeyId: arn, Plaintext: Buffer.from('x') }));
    expect(error.message).not.toContain('suspended');
  });

  it('of an account that stands alone counts too', async () => {
    kms.organization.state(OTHER_ACCOUNT, 'SUSPENDED');
    expect((await caught(outsiderOf().ListKeys({}))).message).toContain('is suspended (SUSPENDED)');
  });
});

describe('one request', () => {
  it('is judged wholly before or wholly after a change, never by half of it', async () => {
    const [a, b] = ['ou-ab12-0000000a', 'ou-ab12-0000000b'];
    // Each place allows exactly one of two ways; a mixture of them would allow both or neither.
    kms.organization.unit(a).unit(b).move(ACCOUNT, a);
    kms.organization.attach('scp', a, 'OnlyA', [{ Effect: 'Deny', Action: 'kms:ListKeys', Resource: '*' }]);
    kms.organization.attach('scp', b, 'OnlyB', [{ Effect: 'Deny', Action: 'kms:ListKeys', Resource: '*' }]);
    const admin = kms.user('admin');
    const reasons = new Set<string>();
    for (let turn = 0; turn < 200; turn++) {
      kms.organization.move(ACCOUNT, turn % 2 === 0 ? b : a);
      const asked = caught(admin.ListKeys({}));
      kms.organization.move(ACCOUNT, turn % 2 === 0 ? a : b);
      reasons.add((await asked).message);
      const { organization, checks } = (await decision()) as {
        organization: { scp: { id: string }[] };
        checks: { level: { id: string } }[];
      };
      expect(organization.scp[1]?.id).toBe(checks[0]?.level.id);
    }
    for (const reason of reasons) expect(reason).toMatch(/p-Only[AB]$/);
  });

  it('is refused when the organization cannot be confirmed for five seconds', async () => {
    const admin = kms.user('admin');
    await admin.ListKeys({});
    kms.organization.away = true;
    kms.advance(4_999);
    await admin.ListKeys({});
    kms.advance(1);
    expect((await caught(admin.ListKeys({}))).code).toBe('Unavailable');
    kms.organization.away = false;
    await admin.ListKeys({});
  });
});
