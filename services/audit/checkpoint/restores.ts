/**
 * Whether this installation is an earlier state of itself that nobody has answered for: its data folder has the mark of a
 * restore, or its log does not continue what was signed.
 */
import { type RestoredMark, readMark, removeMark } from '../../../platform/runtime/restored-mark.ts';
import type { Store } from '../../../platform/store/index.ts';
import { isDeclared, latestRestore } from '../store/checkpoints.ts';
import type { AuditDatabase } from '../store/schema.ts';
import type { Checkpointer } from './checkpointer.ts';

export interface RestoreState {
  /** Undefined: nothing stands in the way of writing. */
  heldBecause: string | undefined;
  /** Present while it is not declared. */
  mark: RestoredMark | undefined;
  /** Of the restore that was declared last. */
  declared: string | undefined;
}

export class Restores {
  private readonly store: Store<AuditDatabase>;
  private readonly dataFolder: string;

  constructor(store: Store<AuditDatabase>, dataFolder: string) {
    this.store = store;
    this.dataFolder = dataFolder;
  }

  /** Why no checkpoint may be signed: the mark of a restore that nobody declared. */
  async undeclared(): Promise<RestoredMark | undefined> {
    const mark = readMark(this.dataFolder);
    return mark && !(await isDeclared(this.store.read, mark.restoreId)) ? mark : undefined;
  }

  async state(checkpointer: Checkpointer): Promise<RestoreState> {
    const mark = await this.undeclared();
    const declared = await latestRestore(this.store.read);
    const { status } = checkpointer;
    const refused = status.state === 'refused' ? status.reason : undefined;
    return { heldBecause: mark ? restoredFrom(mark) : refused, mark, declared };
  }

  async isHeld(checkpointer: Checkpointer): Promise<boolean> {
    return (await this.state(checkpointer)).heldBecause !== undefined;
  }

  /** After it was declared. */
  forget(): void {
    removeMark(this.dataFolder);
  }
}

export function restoredFrom({ heldAt }: RestoredMark): string {
  return `this installation was restored from a backup of ${new Date(heldAt).toISOString()}, and nobody has declared it`;
}
