/** A real PostgreSQL server as the target of a running installation, with a credential role there. */
import { type LeasedDatabase, leasedPostgres } from '../../services/ccms/testing/lease-fixture.ts';
import { uniqueName } from './people.ts';
import type { SharedServer } from './shared.ts';
import { native } from './signed.ts';

type Server = Pick<SharedServer, 'endpoint' | 'caPath' | 'admin'>;

export interface LeasedTarget {
  database: LeasedDatabase;
  target: string;
  role: string;
}

export async function leasedTarget(server: Server, more: object = {}): Promise<LeasedTarget> {
  const database = await leasedPostgres();
  const target = uniqueName('shop');
  const role = uniqueName('reader');
  const ask = async (path: string, input: Record<string, unknown>) => {
    const answer = await native(server, path, input);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.text}`);
  };
  const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const RoleName = uniqueName('rotator');
  const AssumeRolePolicyDocument = document({
    ...{ Effect: 'Allow', Principal: { Service: 'secretsmanager.amazonaws.com' }, Action: 'sts:AssumeRole' },
  });
  const PolicyDocument = document({
    ...{ Effect: 'Allow', Action: ['secretsmanager:GetSecretValue', 'kms:Decrypt'], Resource: '*' },
  });
  await ask('/v1/iam/create-role', { RoleName, AssumeRolePolicyDocument });
  await ask('/v1/iam/put-role-policy', { RoleName, PolicyName: 'reads', PolicyDocument });
  const SecretString = '{"username":"ccms_rotator","password":"rotator"}';
  await ask('/v1/ccms/create-secret', { Name: target, SecretString });
  await ask('/v1/ccms/create-target', {
    ...{ Name: target, Engine: 'postgres', Database: database.database, AdminSecretId: target },
    ...{ Endpoints: [{ Host: '127.0.0.1', Port: database.serverPort }], Tls: { Mode: 'plain' } },
    RoleArn: `arn:aws:iam::${server.admin.accountId}:role/${RoleName}`,
  });
  await ask('/v1/ccms/create-credential-role', { Name: role, Target: target, ActAs: 'shop_owner', ...more });
  return { database, target, role };
}
