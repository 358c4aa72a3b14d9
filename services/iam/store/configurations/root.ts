/** The root user, which stands for the account itself. */
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { rootArn } from '../../domain/names.ts';
import type { AccountRow, Db } from '../db.ts';
import { credentialsOf } from './credentials.ts';
import { MOST_NAMES } from './permissions.ts';

export async function rootItem(db: Db, partition: string, account: AccountRow): Promise<ConfigurationItem> {
  const scope = { partition, accountId: account.account_id };
  const credentials = (await credentialsOf(db, [account.account_id]))(account.account_id);
  const roles = await db
    .selectFrom('iam_role')
    .select('name')
    .where('account_id', '=', account.account_id)
    .orderBy('name_key')
    .limit(MOST_NAMES + 1)
    .execute();
  return {
    Arn: rootArn(scope),
    Type: 'iam:root',
    AccountId: account.account_id,
    Name: account.name,
    CreatedAt: account.created_at,
    Tags: {},
    Configuration: JSON.stringify({
      accountName: account.name,
      kind: account.kind,
      // There are no passwords: whoever has no key cannot sign in.
      loginEnabled: credentials.accessKeys.length > 0,
      ...credentials,
      // Every second factor is an authenticator app.
      mfaHardware: false,
      roles: roles.slice(0, MOST_NAMES).map((role) => role.name),
      rolesComplete: roles.length <= MOST_NAMES,
      lastUsedAt: credentials.accessKeys.reduce<string | null>(
        (last, { lastUsedAt }) =>
          lastUsedAt !== undefined && (last === null || lastUsedAt > last) ? lastUsedAt : last,
        null,
      ),
    }),
    Deleted: false,
  };
}
