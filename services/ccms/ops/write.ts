import type { AnyTransaction } from '../../../platform/store/index.ts';

/** Part of a commit; false when somebody was faster. */
export type Write = (tx: AnyTransaction) => Promise<boolean>;
