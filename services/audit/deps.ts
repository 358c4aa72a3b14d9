/** What the operations of the audit service receive. */

import type { Hsm } from '../../hsm/port.ts';
import { implementFor } from '../../platform/runtime/call.ts';
import type { PageTokens } from '../../platform/runtime/page-token.ts';
import type { Store } from '../../platform/store/index.ts';
import type { Checkpointer } from './checkpoint/checkpointer.ts';
import type { Restores } from './checkpoint/restores.ts';
import type { Witnesses } from './checkpoint/witnesses.ts';
import type { Sequencer } from './sequencer/sequencer.ts';
import type { AuditDatabase } from './store/schema.ts';

/** What the audit service asks of other services. */
export interface AuditClients {
  iam: {
    /** Only asked for the account that the installation belongs to. */
    DescribeAccounts(input: {
      AccountIds: string[];
      Emails: string[];
    }): Promise<{ ManagementAccountId?: string | undefined }>;
  };
}

export interface AuditDeps {
  store: Store<AuditDatabase>;
  sequencer: Sequencer;
  checkpointer: Checkpointer;
  restores: Restores;
  witnesses: Witnesses;
  hsm: Pick<Hsm, 'sign' | 'publicKeys'>;
  clients: AuditClients;
  pages: PageTokens;
  clock: { now(): number };
  /** A name that no log had. */
  newOrigin(): string;
}

export const implement = implementFor<AuditDeps>();
