/** Objects of dynamic credentials: no database is there, so a lease is what is left of an issue that failed. */
import type { AnyOperation } from '../../platform/contract/operation.ts';
import { uniqueName } from '../harness/people.ts';

type Input = Record<string, unknown>;
type Ask = (path: string, input: Input) => Promise<Input>;

export function isLeaseOperation({ area, name }: AnyOperation): boolean {
  return area === 'ccms' && /Lease|Credential/.test(name);
}

export interface LeaseObjects {
  target: string;
  credentialRole: string;
  leaseId: string;
}

/** After secret, role and target of the objects. */
export async function makeLeaseObjects(
  ask: Ask,
  operation: AnyOperation,
  objects: LeaseObjects & { role: string; secretArn: string },
): Promise<void> {
  if (operation.name === 'CreateCredentialRole') return;
  await ask('/v1/ccms/create-credential-role', { Name: objects.credentialRole, Target: objects.target, ActAs: 'shop' });
  const wantsLease = /^(Renew|Revoke|Describe|Forget)Lease/.test(operation.name);
  if (!wantsLease) return;
  const reads = { Effect: 'Allow', Action: ['secretsmanager:GetSecretValue', 'kms:Decrypt'], Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [reads] });
  await ask('/v1/iam/put-role-policy', { RoleName: objects.role, PolicyName: 'reads', PolicyDocument });
  const SecretString = '{"username":"rotator","password":"none"}';
  await ask('/v1/ccms/put-secret-value', { SecretId: objects.secretArn, SecretString });
  await ask('/v1/ccms/issue-credential', { Role: objects.credentialRole }).catch(() => undefined);
  const { Leases } = await ask('/v1/ccms/list-leases', { Role: objects.credentialRole });
  objects.leaseId = (Leases as { LeaseId: string }[])[0]!.LeaseId;
}

/** What a member of an example is called instead; undefined: as for other operations. */
export function leaseValue(objects: LeaseObjects, makes: boolean, name: string): string | undefined {
  switch (name) {
    case 'Name':
      return makes ? uniqueName('role') : objects.credentialRole;
    case 'Role':
      return objects.credentialRole;
    case 'Target':
      return objects.target;
    case 'LeaseId':
      return objects.leaseId;
    default:
      return undefined;
  }
}

/** The role, and the target where it is used. `secrets`: what ARNs of the vault begin with. */
export function leaseResources({ name }: AnyOperation, input: Input, objects: LeaseObjects, secrets: string): string[] {
  const role = name === 'CreateCredentialRole' ? String(input.Name) : objects.credentialRole;
  const uses = name === 'CreateCredentialRole' || name === 'UpdateCredentialRole';
  return [`${secrets}:credential-role:${role}`, ...(uses ? [`${secrets}:target:${objects.target}`] : [])];
}
