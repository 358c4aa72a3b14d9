/** The organization as unmodified AWS clients use it: the AWS CLI, the SDK v3, and bare requests for the errors. */
import {
  AcceptHandshakeCommand,
  AttachPolicyCommand,
  CloseAccountCommand,
  CreateOrganizationalUnitCommand,
  CreatePolicyCommand,
  DeclineHandshakeCommand,
  DeletePolicyCommand,
  DescribeAccountCommand,
  DescribeCreateAccountStatusCommand,
  DescribeHandshakeCommand,
  DescribeOrganizationCommand,
  DetachPolicyCommand,
  DisableAWSServiceAccessCommand,
  DisablePolicyTypeCommand,
  EnableAWSServiceAccessCommand,
  EnablePolicyTypeCommand,
  InviteAccountToOrganizationCommand,
  LeaveOrganizationCommand,
  ListAccountsCommand,
  ListDelegatedAdministratorsCommand,
  ListPoliciesForTargetCommand,
  ListTagsForResourceCommand,
  OrganizationsServiceException,
  paginateListAccounts,
  RegisterDelegatedAdministratorCommand,
  TagResourceCommand,
} from '@aws-sdk/client-organizations';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { aws, awsClients, type Credentials, eventually } from '../harness/clients.ts';
import {
  createGuardrail,
  createMember,
  createUnit,
  ensureOrganization,
  joinedAccount,
  type Organization,
  org,
  setPolicyType,
} from '../harness/organization.ts';
import { createAccount, uniqueName } from '../harness/people.ts';
import { json11, native } from '../harness/signed.ts';

const server = inject('server');
const { organizations } = awsClients(server);
const SCP = 'SERVICE_CONTROL_POLICY';
const DENY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: 'kms:ScheduleKeyDeletion', Resource: '*' }],
});
let organization: Organization;

beforeAll(async () => {
  organization = await ensureOrganization(server);
});

// biome-ignore lint/suspicious/noExplicitAny: whatever the command prints
type Answer = Record<string, any>;

/** `aws organizations ...`; parsed output, or the error name. */
async function cli(args: string[], credentials?: Credentials): Promise<Answer> {
  const ran = await aws(server, ['organizations', ...args], credentials);
  if (ran.code !== 0) throw new Error(ran.stderr);
  return ran.stdout.trim() === '' ? {} : JSON.parse(ran.stdout);
}

const refusal = (args: string[], credentials?: Credentials) =>
  cli(args, credentials).then(
    () => 'succeeded',
    (error: Error) => /\((\w+)\)/.exec(error.message)?.[1] ?? error.message,
  );

/** Each command is a process of its own that loads a Python interpreter: seconds on a busy machine. */
const SLOW_MS = 240_000;

describe('aws organizations', { timeout: SLOW_MS }, () => {
  it('describes the organization and its root', async () => {
    const { Organization } = await cli(['describe-organization']);
    expect(Organization).toMatchObject({ Id: organization.id, FeatureSet: 'ALL' });
    expect(Organization.Arn).toBe(`arn:aws:organizations::${server.admin.accountId}:organization/${organization.id}`);
    expect(await refusal(['create-organization'])).toBe('AlreadyInOrganizationException');
  });

  it('builds a tree, makes an account in it, guards it and takes it down again', async () => {
    const name = uniqueName('cli');
    const made = await cli([
      'create-organizational-unit',
      '--parent-id',
      organization.rootId,
      '--name',
      name,
      '--tags',
      'Key=a,Value=b',
    ]);
    const unit = made.OrganizationalUnit.Id as string;
    expect(
      await refusal(['create-organizational-unit', '--parent-id', organization.rootId, '--name', name.toUpperCase()]),
    ).toBe('DuplicateOrganizationalUnitException');

    const asked = await cli(['create-account', '--email', `${name}@example.com`, '--account-name', name]);
    const request = asked.CreateAccountStatus.Id as string;
    const account = await eventually(async () => {
      const { CreateAccountStatus: status } = await cli([
        'describe-create-account-status',
        '--create-account-request-id',
        request,
      ]);
      return status.AccountId as string | undefined;
    }, 20_000);
    const move = ['move-account', '--account-id', account, '--source-parent-id', organization.rootId];
    await cli([...move, '--destination-parent-id', unit]);
    expect(await refusal([...move, '--destination-parent-id', unit])).toBe('SourceParentNotFoundException');
    const parents = await cli(['list-parents', '--child-id', account]);
    expect(parents.Parents).toEqual([{ Id: unit, Type: 'ORGANIZATIONAL_UNIT' }]);
    const children = await cli(['list-children', '--parent-id', unit, '--child-type', 'ACCOUNT']);
    expect(children.Children).toEqual([{ Id: account, Type: 'ACCOUNT' }]);
    expect(await refusal(['delete-organizational-unit', '--organizational-unit-id', unit])).toBe(
      'OrganizationalUnitNotEmptyException',
    );

    const policy = await cli([
      'create-policy',
      '--content',
      DENY,
      '--name',
      name,
      '--description',
      'keep',
      '--type',
      SCP,
    ]);
    const id = policy.Policy.PolicySummary.Id as string;
    const pair = ['--policy-id', id, '--target-id', unit];
    await cli(['attach-policy', ...pair]);
    expect(await refusal(['attach-policy', ...pair])).toBe('DuplicatePolicyAttachmentException');
    const listed = await cli(['list-policies-for-target', '--target-id', unit, '--filter', SCP]);
    expect((listed.Policies as { Id: string }[]).map((p) => p.Id)).toEqual(['p-FullAWSAccess', id].sort());
    const targets = await cli(['list-targets-for-policy', '--policy-id', id]);
    expect(targets.Targets).toMatchObject([{ TargetId: unit, Type: 'ORGANIZATIONAL_UNIT', Name: name }]);
    expect(await refusal(['delete-policy', '--policy-id', id])).toBe('PolicyInUseException');
    await cli(['detach-policy', ...pair]);
    expect(await refusal(['detach-policy', ...pair])).toBe('PolicyNotAttachedException');
    expect(await refusal(['detach-policy', '--policy-id', 'p-FullAWSAccess', '--target-id', unit])).toBe(
      'ConstraintViolationException',
    );
    await cli(['delete-policy', '--policy-id', id]);

    await cli([
      'move-account',
      '--account-id',
      account,
      '--source-parent-id',
      unit,
      '--destination-parent-id',
      organization.rootId,
    ]);
    await cli(['delete-organizational-unit', '--organizational-unit-id', unit]);
    await cli(['remove-account-from-organization', '--account-id', account]);
    expect(await refusal(['describe-account', '--account-id', account])).toBe('AccountNotFoundException');
  });

  it('invites an account, which joins and leaves', async () => {
    const guest = await createAccount(server);
    const target = ['--target', `Id=${guest.accountId},Type=ACCOUNT`];
    const sent = await cli(['invite-account-to-organization', ...target, '--notes', 'welcome']);
    const id = sent.Handshake.Id as string;
    expect(await refusal(['invite-account-to-organization', ...target])).toBe('DuplicateHandshakeException');
    const inbox = await cli(['list-handshakes-for-account'], guest.credentials);
    expect((inbox.Handshakes as { Id: string; State: string }[]).map((h) => [h.Id, h.State])).toEqual([
      [id, 'REQUESTED'],
    ]);
    expect(await refusal(['list-accounts'], guest.credentials)).toBe('AWSOrganizationsNotInUseException');
    const accepted = await cli(['accept-handshake', '--handshake-id', id], guest.credentials);
    expect(accepted.Handshake.State).toBe('ACCEPTED');
    expect(await refusal(['accept-handshake', '--handshake-id', id], guest.credentials)).toBe(
      'HandshakeAlreadyInStateException',
    );
    expect(await refusal(['list-accounts'], guest.credentials)).toBe('AccessDeniedException');
    await cli(['describe-organization'], guest.credentials);
    await cli(['leave-organization'], guest.credentials);
    expect(await refusal(['describe-organization'], guest.credentials)).toBe('AWSOrganizationsNotInUseException');
  });

  it('trusts a service and delegates it; the delegate reads and does not write', async () => {
    const delegate = await joinedAccount(server);
    const service = ['--service-principal', 'access-analyzer.amazonaws.com'];
    const both = ['--account-id', delegate.accountId, ...service];
    expect(await refusal(['register-delegated-administrator', ...both])).toBe('ConstraintViolationException');
    await cli(['enable-aws-service-access', ...service]);
    await cli(['register-delegated-administrator', ...both]);
    expect(await refusal(['register-delegated-administrator', ...both])).toBe('AccountAlreadyRegisteredException');
    const seen = await cli(['list-accounts', '--max-items', '500'], delegate.credentials);
    expect((seen.Accounts as { Id: string }[]).map((a) => a.Id)).toContain(server.admin.accountId);
    const create = ['create-organizational-unit', '--parent-id', organization.rootId, '--name', uniqueName('x')];
    expect(await refusal(create, delegate.credentials)).toBe('AccessDeniedException');
    await cli(['deregister-delegated-administrator', ...both]);
    await cli(['disable-aws-service-access', ...service]);
    expect(await refusal(['list-accounts'], delegate.credentials)).toBe('AccessDeniedException');
  });
});

describe('@aws-sdk/client-organizations', () => {
  const errorOf = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(OrganizationsServiceException);
    const { name, Reason, $metadata } = error as OrganizationsServiceException & { Reason?: string };
    expect($metadata.httpStatusCode).toBe(400);
    return Reason === undefined ? name : `${name} ${Reason}`;
  };

  it('reads what the newer members say', async () => {
    const { accountId, requestId } = await createMember(server);
    const { Account } = await organizations.send(new DescribeAccountCommand({ AccountId: accountId }));
    expect(Account).toMatchObject({ Status: 'ACTIVE', State: 'ACTIVE', JoinedMethod: 'CREATED' });
    expect(Account?.Paths).toEqual([`${organization.id}/${organization.rootId}/${accountId}/`]);
    expect(Account?.JoinedTimestamp).toBeInstanceOf(Date);
    const { CreateAccountStatus } = await organizations.send(
      new DescribeCreateAccountStatusCommand({ CreateAccountRequestId: requestId }),
    );
    expect(CreateAccountStatus).toMatchObject({ State: 'SUCCEEDED', AccountId: accountId });
    const { OrganizationalUnit } = await organizations.send(
      new CreateOrganizationalUnitCommand({ ParentId: organization.rootId, Name: uniqueName('sdk') }),
    );
    expect(OrganizationalUnit?.Path).toBe(`${organization.id}/${organization.rootId}/${OrganizationalUnit?.Id}/`);
  });

  it('pages through all accounts', async () => {
    await createMember(server);
    const ids: string[] = [];
    for await (const page of paginateListAccounts({ client: organizations, pageSize: 2 }, {}))
      ids.push(...(page.Accounts ?? []).map((account) => account.Id as string));
    const { Nodes } = (await treeOf()) as { Nodes: { Id: string; Type: string }[] };
    expect(ids.sort()).toEqual(Nodes.filter((node) => node.Type === 'ACCOUNT').map((node) => node.Id));
    expect(await errorOf(organizations.send(new ListAccountsCommand({ NextToken: 'forged' })))).toBe(
      'InvalidInputException INVALID_NEXT_TOKEN',
    );
  });

  it('sees names and reasons of errors, all with status 400', async () => {
    const root = organization.rootId;
    const policy = (change: object) =>
      organizations.send(
        new CreatePolicyCommand({ Name: uniqueName('p'), Description: '', Content: DENY, Type: SCP, ...change }),
      );
    const ghost = `ou-${root.slice(2)}-aaaaaaaa`;
    const cases: [string, () => Promise<unknown>][] = [
      [
        'InvalidInputException INVALID_PATTERN',
        () => organizations.send(new DescribeAccountCommand({ AccountId: 'x' })),
      ],
      ['InvalidInputException INPUT_REQUIRED', () => policy({ Name: undefined })],
      ['InvalidInputException INVALID_ENUM_POLICY_TYPE', () => policy({ Type: 'MOOD_POLICY' })],
      ['InvalidInputException MAX_LENGTH_EXCEEDED', () => policy({ Name: 'x'.repeat(129) })],
      [
        'InvalidInputException MIN_VALUE_EXCEEDED',
        () => organizations.send(new ListAccountsCommand({ MaxResults: 0 })),
      ],
      [
        'InvalidInputException IMMUTABLE_POLICY',
        () => organizations.send(new DeletePolicyCommand({ PolicyId: 'p-FullAWSAccess' })),
      ],
      ['MalformedPolicyDocumentException', () => policy({ Content: '{}' })],
      ['PolicyTypeNotAvailableForOrganizationException', () => policy({ Type: 'BACKUP_POLICY', Content: '{}' })],
      ['AccountNotFoundException', () => organizations.send(new DescribeAccountCommand({ AccountId: '999999999999' }))],
      [
        'TargetNotFoundException',
        () => organizations.send(new AttachPolicyCommand({ PolicyId: 'p-FullAWSAccess', TargetId: ghost })),
      ],
      ['PolicyNotFoundException', () => organizations.send(new DeletePolicyCommand({ PolicyId: 'p-aaaaaaaaaa' }))],
      [
        'ConstraintViolationException MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED',
        () => organizations.send(new DetachPolicyCommand({ PolicyId: 'p-FullAWSAccess', TargetId: root })),
      ],
      [
        'ConstraintViolationException CANNOT_CLOSE_MANAGEMENT_ACCOUNT',
        () => organizations.send(new CloseAccountCommand({ AccountId: server.admin.accountId })),
      ],
      ['MasterCannotLeaveOrganizationException', () => organizations.send(new LeaveOrganizationCommand({}))],
      [
        'HandshakeNotFoundException',
        () => organizations.send(new DescribeHandshakeCommand({ HandshakeId: 'h-aaaaaaaaaa' })),
      ],
      [
        'InvalidInputException UNRECOGNIZED_SERVICE_PRINCIPAL',
        () => organizations.send(new EnableAWSServiceAccessCommand({ ServicePrincipal: 'weather.amazonaws.com' })),
      ],
    ];
    for (const [expected, work] of cases) expect(await errorOf(work())).toBe(expected);
  });

  it('enables and disables resource control policies', async () => {
    const type = { RootId: organization.rootId, PolicyType: 'RESOURCE_CONTROL_POLICY' as const };
    await setPolicyType(server, organization, type.PolicyType, 'disabled');
    const { Root } = await organizations.send(new EnablePolicyTypeCommand(type));
    expect(Root?.PolicyTypes).toContainEqual({ Type: 'RESOURCE_CONTROL_POLICY', Status: 'ENABLED' });
    const { Policies } = await organizations.send(
      new ListPoliciesForTargetCommand({ TargetId: server.admin.accountId, Filter: 'RESOURCE_CONTROL_POLICY' }),
    );
    expect(Policies?.map((policy) => policy.Id)).toEqual(['p-RCPFullAWSAccess']);
    expect(await errorOf(organizations.send(new EnablePolicyTypeCommand(type)))).toBe(
      'PolicyTypeAlreadyEnabledException',
    );
    await organizations.send(new DisablePolicyTypeCommand(type));
  });

  it('invites by id; the recipient declines; strangers see nothing', async () => {
    const guest = await createAccount(server);
    const theirs = awsClients(server, guest.credentials).organizations;
    const { Handshake } = await organizations.send(
      new InviteAccountToOrganizationCommand({ Target: { Id: guest.accountId, Type: 'ACCOUNT' }, Notes: 'hello' }),
    );
    const id = { HandshakeId: Handshake?.Id };
    const seen = await theirs.send(new DescribeHandshakeCommand(id));
    expect(seen.Handshake?.Resources?.find((resource) => resource.Type === 'NOTES')?.Value).toBe('hello');
    expect(await errorOf(organizations.send(new AcceptHandshakeCommand(id)))).toBe('AccessDeniedException');
    await theirs.send(new DeclineHandshakeCommand(id));
    expect(await errorOf(theirs.send(new AcceptHandshakeCommand(id)))).toBe('InvalidHandshakeTransitionException');
    const stranger = awsClients(server, (await createAccount(server)).credentials).organizations;
    expect(await errorOf(stranger.send(new DescribeHandshakeCommand(id)))).toBe('HandshakeNotFoundException');
    expect(await errorOf(stranger.send(new DescribeOrganizationCommand({})))).toBe('AWSOrganizationsNotInUseException');
  });

  it('tags, trusts and delegates', async () => {
    const member = await joinedAccount(server);
    await organizations.send(
      new TagResourceCommand({ ResourceId: member.accountId, Tags: [{ Key: 'owner', Value: 'x' }] }),
    );
    const { Tags } = await organizations.send(new ListTagsForResourceCommand({ ResourceId: member.accountId }));
    expect(Tags).toEqual([{ Key: 'owner', Value: 'x' }]);
    const service = { ServicePrincipal: 'sso.amazonaws.com' };
    await organizations.send(new EnableAWSServiceAccessCommand(service));
    await organizations.send(new RegisterDelegatedAdministratorCommand({ AccountId: member.accountId, ...service }));
    const { DelegatedAdministrators } = await organizations.send(new ListDelegatedAdministratorsCommand(service));
    expect(DelegatedAdministrators?.map((account) => account.Id)).toEqual([member.accountId]);
    const theirs = awsClients(server, member.credentials).organizations;
    expect((await theirs.send(new ListAccountsCommand({}))).Accounts?.length).toBeGreaterThan(1);
    await organizations.send(new DisableAWSServiceAccessCommand(service));
    expect(await errorOf(theirs.send(new ListAccountsCommand({})))).toBe('AccessDeniedException');
  });
});

const treeOf = async () =>
  (await native(server, '/v1/org/tree?MaxResults=1000', {}, { method: 'GET' })).json() as Record<string, unknown>;

describe('the wire of AWS Organizations', () => {
  const send = (operation: string, input: object = {}, body?: string) =>
    json11(server, `AWSOrganizationsV20161128.${operation}`, input, {
      service: 'organizations',
      ...(body !== undefined && { body }),
    });

  it.each(['CreateGovCloudAccount', 'ListInboundResponsibilityTransfers', 'ListAccountsWithInvalidEffectivePolicy'])(
    '%s is known and not offered',
    async (operation) => {
      const answer = await send(operation);
      expect(answer.status).toBe(400);
      expect(answer.json().__type).toBe('UnsupportedAPIEndpointException');
      expect(answer.headers['x-amzn-errortype']).toBe('UnsupportedAPIEndpointException');
      const unsigned = await json11(
        server,
        `AWSOrganizationsV20161128.${operation}`,
        {},
        {
          service: 'organizations',
          credentials: { accessKeyId: 'AKIAAAAAAAAAAAAAAAAA', secretAccessKey: 'x'.repeat(40) },
        },
      );
      expect(unsigned.json().__type).toBe('UnrecognizedClientException');
    },
  );

  it('an operation that nobody knows is unknown', async () => {
    expect((await send('PaintOrganization')).json().__type).toBe('UnknownOperationException');
  });

  it('errors carry Message, Reason and their type', async () => {
    const answer = await send('CreateOrganizationalUnit', { ParentId: organization.rootId });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ __type: 'InvalidInputException', Reason: 'INPUT_REQUIRED' });
    expect(answer.json().Message).toContain("'name'");
    expect((await send('ListRoots', {}, '{')).json().__type).toBe('SerializationException');
  });

  it('times are numbers of seconds, and absent members are absent', async () => {
    const answer = await send('DescribeAccount', { AccountId: server.admin.accountId });
    const { Account } = answer.json() as { Account: Record<string, unknown> };
    expect(Account.JoinedTimestamp).toBeTypeOf('number');
    expect(Account).not.toHaveProperty('Email');
  });
});

describe('what AWS does not have', () => {
  it('a unit moves with its accounts, and paths follow', async () => {
    const [a, b] = [await createUnit(server, organization.rootId), await createUnit(server, organization.rootId)];
    const inner = await createUnit(server, a);
    const { accountId } = await createMember(server);
    await org(server, 'move-account', {
      AccountId: accountId,
      SourceParentId: organization.rootId,
      DestinationParentId: inner,
    });
    await org(server, 'move-organizational-unit', { OrganizationalUnitId: a, DestinationParentId: b });
    const { Account } = await organizations.send(new DescribeAccountCommand({ AccountId: accountId }));
    expect(Account?.Paths).toEqual([[organization.id, organization.rootId, b, a, inner, accountId, ''].join('/')]);
    const back = await native(server, '/v1/org/move-organizational-unit', {
      OrganizationalUnitId: b,
      DestinationParentId: inner,
    });
    expect([back.status, back.json().code]).toEqual([400, 'InvalidInput']);
  });

  it('an attachment observes before it enforces', async () => {
    const unit = await createUnit(server, organization.rootId);
    const policy = await createGuardrail(server, { Effect: 'Deny', Action: 'kms:Sign', Resource: '*' });
    const pair = { PolicyId: policy, TargetId: unit };
    await org(server, 'attach-policy', { ...pair, Mode: 'observe' });
    const modes = async () =>
      ((await org(server, 'list-targets-for-policy', { PolicyId: policy })).Targets as { Mode: string }[]).map(
        (t) => t.Mode,
      );
    expect(await modes()).toEqual(['observe']);
    await org(server, 'update-policy-attachment', { ...pair, Mode: 'enforce' });
    expect(await modes()).toEqual(['enforce']);
    await org(server, 'detach-policy', pair);
  });

  it('an account is suspended, resumed, closed and reinstated', async () => {
    const { accountId: AccountId } = await createMember(server);
    const state = async () =>
      ((await org(server, 'describe-account', { AccountId })).Account as { State: string; Status: string }).State;
    await org(server, 'suspend-account', { AccountId });
    expect(await state()).toBe('SUSPENDED');
    await org(server, 'resume-account', { AccountId });
    await organizations.send(new CloseAccountCommand({ AccountId }));
    await eventually(async () => (await state()) === 'CLOSED');
    await org(server, 'reinstate-account', { AccountId });
    expect(await state()).toBe('ACTIVE');
  });

  it('problems of the native API name the reason', async () => {
    const answer = await native(server, '/v1/org/close-account', { AccountId: server.admin.accountId });
    expect(answer.status).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'ConstraintViolation', reason: 'CANNOT_CLOSE_MANAGEMENT_ACCOUNT' });
  });

  it('records say who changed what in the organization', async () => {
    const unit = await createUnit(server, organization.rootId);
    const record = await eventually(async () => {
      const events = await native(server, '/v1/audit/events?Limit=50', {}, { method: 'GET' });
      const found = (events.json().Events as { Event: Record<string, unknown> }[]).map(({ Event }) => Event);
      return found.find(
        (event) => event.eventName === 'CreateOrganizationalUnit' && JSON.stringify(event).includes(unit),
      );
    }, 10_000);
    expect(record).toMatchObject({
      eventSource: 'organizations.amazonaws.com',
      recipientAccountId: server.admin.accountId,
    });
  });
});
