/** What a target is to be like: from a request to the columns of its row. */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { UpdateTarget } from '../../api/targets.ts';
import type { CcmsDeps } from '../../deps.ts';
import type { Engine, TargetRow } from '../../domain/target-row.ts';
import { type AnyCall, placeOf } from '../secret-access.ts';
import { secretOfArn } from '../secret-of-arn.ts';

type Configuration = Omit<InputOf<typeof UpdateTarget>, 'Name' | 'SkipTest'>;

type Columns = Pick<
  TargetRow,
  'description' | 'endpoints' | 'tls' | 'database' | 'from_host' | 'saved_in' | 'admin_secret_arn' | 'role_arn'
>;

export const BLANK: Columns = {
  ...{ description: '', endpoints: '[]', tls: '{}', database: '', from_host: '', saved_in: '' },
  ...{ admin_secret_arn: '', role_arn: '' },
};

/** Throws InvalidParameter for what does not fit the engine. */
export async function configured(
  call: AnyCall,
  deps: CcmsDeps,
  engine: Engine,
  before: Columns,
  input: Configuration,
): Promise<Columns> {
  const { Description, Endpoints, Tls, Database, FromHost, SavedIn, AdminSecretId, RoleArn } = input;
  const misplaced = (name: string) => call.fail('InvalidParameter', `${name} is not for ${engine} targets`);
  if (Database !== undefined && engine === 'redis') throw misplaced('Database');
  if (FromHost !== undefined && engine !== 'mariadb') throw misplaced('FromHost');
  if (SavedIn !== undefined && engine !== 'redis') throw misplaced('SavedIn');
  const database = Database ?? before.database;
  if (engine === 'postgres' && database === '')
    throw call.fail('InvalidParameter', 'a postgres target needs the database to log in to', { hint: 'give Database' });
  return {
    description: Description ?? before.description,
    endpoints: Endpoints ? JSON.stringify(Endpoints) : before.endpoints,
    tls: Tls ? JSON.stringify(Tls) : before.tls,
    database,
    from_host: engine === 'mariadb' ? FromHost || before.from_host || '%' : '',
    saved_in: engine === 'redis' ? SavedIn || before.saved_in || 'aclfile' : '',
    admin_secret_arn:
      AdminSecretId === undefined ? before.admin_secret_arn : await ownSecret(call, deps, AdminSecretId),
    role_arn: RoleArn ?? before.role_arn,
  };
}

/** The whole ARN of a secret of the caller's account. */
async function ownSecret(call: AnyCall, deps: CcmsDeps, text: string): Promise<string> {
  const { accountId } = placeOf(call, deps);
  const record = text.startsWith('arn:') ? await secretOfArn(deps, text) : await deps.secrets.byName(accountId, text);
  if (record && record !== 'damaged' && 'arn' in record && record.row.account_id === accountId) return record.arn;
  throw call.fail('InvalidParameter', 'AdminSecretId names no secret of the account', {
    hint: 'give its name or its whole ARN',
  });
}
