/** The organization of the shared server, which has one at most, and objects in it, made through the public API. */
import { eventually } from './clients.ts';
import { createAccount, type Person, uniqueName } from './people.ts';
import type { SharedServer } from './shared.ts';
import { native } from './signed.ts';

type Input = Record<string, unknown>;

export interface Organization {
  id: string;
  rootId: string;
  managementAccountId: string;
}

/** A native org operation by the administrator that must succeed. */
export async function org(server: SharedServer, operation: string, input: object = {}): Promise<Input> {
  const answer = await native(server, `/v1/org/${operation}`, input);
  if (answer.status !== 200) throw new Error(`${operation} answered ${answer.text}`);
  return answer.text === '' ? {} : answer.json();
}

/** Makes the organization unless another test was faster. */
export async function ensureOrganization(server: SharedServer): Promise<Organization> {
  const made = await native(server, '/v1/org/create-organization');
  if (made.status !== 200 && made.json().code !== 'AlreadyInOrganization') throw new Error(made.text);
  const { Organization } = (await org(server, 'describe-organization')) as { Organization: Input };
  const { Roots } = (await org(server, 'list-roots')) as { Roots: { Id: string }[] };
  return {
    id: Organization.Id as string,
    rootId: Roots[0]?.Id as string,
    managementAccountId: Organization.MasterAccountId as string,
  };
}

/** Turns a policy type on or off at the root, whatever another test left it at. */
export async function setPolicyType(
  server: SharedServer,
  { rootId }: Organization,
  PolicyType: string,
  to: 'enabled' | 'disabled',
): Promise<void> {
  const { Roots } = (await org(server, 'list-roots')) as { Roots: { PolicyTypes: { Type: string }[] }[] };
  const on = Roots[0]?.PolicyTypes.some(({ Type }) => Type === PolicyType);
  if (on === (to === 'enabled')) return;
  await org(server, to === 'enabled' ? 'enable-policy-type' : 'disable-policy-type', { RootId: rootId, PolicyType });
}

export async function createUnit(server: SharedServer, ParentId: string, Name = uniqueName('unit')): Promise<string> {
  const made = await org(server, 'create-organizational-unit', { ParentId, Name });
  return (made.OrganizationalUnit as Input).Id as string;
}

export async function createGuardrail(server: SharedServer, statement: object): Promise<string> {
  const made = await org(server, 'create-policy', {
    Name: uniqueName('guardrail'),
    Description: '',
    Type: 'SERVICE_CONTROL_POLICY',
    Content: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
  });
  return ((made.Policy as Input).PolicySummary as Input).Id as string;
}

/** Asks for an account and waits until it is ready; answers the request and the account. */
export async function createMember(server: SharedServer): Promise<{ requestId: string; accountId: string }> {
  const name = uniqueName('member');
  const made = await org(server, 'create-account', { AccountName: name, Email: `${name}@example.com` });
  const requestId = (made.CreateAccountStatus as Input).Id as string;
  const accountId = await eventually(async () => {
    const asked = await org(server, 'describe-create-account-status', { CreateAccountRequestId: requestId });
    return (asked.CreateAccountStatus as Input).AccountId as string | undefined;
  }, 20_000);
  return { requestId, accountId };
}

export async function invite(server: SharedServer, accountId: string): Promise<string> {
  const made = await org(server, 'invite-account-to-organization', { Target: { Id: accountId, Type: 'ACCOUNT' } });
  return (made.Handshake as Input).Id as string;
}

/** An account with an administrator of its own that has joined. */
export async function joinedAccount(server: SharedServer): Promise<Person> {
  const person = await createAccount(server);
  const HandshakeId = await invite(server, person.accountId);
  const { credentials } = person;
  const answer = await native(server, '/v1/org/accept-handshake', { HandshakeId }, { credentials });
  if (answer.status !== 200) throw new Error(`accept-handshake answered ${answer.text}`);
  return person;
}

/** A plan of a landing zone that wants nothing. */
export async function planNothing(server: SharedServer, more: object = {}): Promise<{ plan: string; sha256: string }> {
  const Document = JSON.stringify({
    apiVersion: 'parapet/v1',
    kind: 'LandingZone',
    metadata: { name: 'matrix' },
    ...more,
  });
  const { PlanId, Sha256 } = (await org(server, 'plan-landing-zone', { Document })).Plan as Record<string, string>;
  return { plan: PlanId as string, sha256: Sha256 as string };
}

async function applied(server: SharedServer, { plan, sha256 }: { plan: string; sha256: string }): Promise<string> {
  const { ApplyId } = (await org(server, 'apply-plan', { PlanId: plan, Sha256: sha256 })).Apply as Input;
  await eventually(async () => {
    const { State } = (await org(server, 'describe-apply', { ApplyId })).Apply as Input;
    return State !== 'RUNNING';
  }, 20_000);
  return ApplyId as string;
}

/** An apply that has done all its steps. */
export async function endedApply(server: SharedServer): Promise<string> {
  return applied(server, await planNothing(server));
}

/** An apply that stopped: the address of the account it makes was taken in between. */
export async function stoppedApply(server: SharedServer): Promise<string> {
  const key = uniqueName('stopped')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  const email = `${key}@example.com`;
  const plan = await planNothing(server, { accounts: [{ key, name: key, email, parent: 'root' }] });
  await org(server, 'create-account', { AccountName: key, Email: email });
  return applied(server, plan);
}
