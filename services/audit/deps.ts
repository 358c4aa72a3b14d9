/** What the operations of the audit service receive. */

import type { Hsm } from '../../hsm/port.ts';
import { implementFor } from '../../platform/runtime/call.ts';
import type { PageTokens } from '../../platform/runtime/page-token.ts';
import type { Store } from '../../platform/store/index.ts';
import type { Checkpointer } from './checkpoint/checkpointer.ts';
import type { Sequencer } from './sequencer/sequencer.ts';
import type { AuditDatabase } from './store/schema.ts';

export interface AuditDeps {
  store: Store<AuditDatabase>;
  sequencer: Sequencer;
  checkpointer: Checkpointer;
  hsm: Pick<Hsm, 'sign' | 'publicKeys'>;
  pages: PageTokens;
  clock: { now(): number };
}

export const implement = implementFor<AuditDeps>();
