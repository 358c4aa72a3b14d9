/** What the operations and jobs of org receive. */
import type { Platform } from '../../platform/runtime/service.ts';
import type { OrgLimits } from './domain/limits.ts';
import type { OrgDb } from './store/schema.ts';

/** What an account is to iam, which owns the principals of it. */
export interface KnownAccount {
  AccountId: string;
  Name: string;
  Email?: string | undefined;
}

/** What org asks of other services. */
export interface OrgClients {
  iam: {
    /** Those that exist; the management account of the installation is told in any case. */
    DescribeAccounts(input: {
      AccountIds: string[];
      Emails: string[];
    }): Promise<{ ManagementAccountId?: string | undefined; Accounts: KnownAccount[] }>;
    /** Makes principals possible in an account; doing it again changes nothing. */
    ProvisionAccount(input: {
      AccountId: string;
      AccountName: string;
      RoleName?: string | undefined;
      ManagementAccountId: string;
    }): Promise<unknown>;
  };
}

export interface OrgDeps extends Platform<OrgDb, OrgClients> {
  limits: OrgLimits;
}
