/** Why a backup cannot be made, read or put back, as a sentence for the operator. */
export type BackupFault =
  /** The file is something else. */
  | 'foreign'
  /** The passphrase or the key does not open it. */
  | 'key'
  /** Bytes were changed, removed or cut off. */
  | 'damaged'
  /** What is in it does not fit together. */
  | 'content'
  /** The place is not empty, in use, or something that is needed is missing. */
  | 'place';

export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly fault: BackupFault;
  readonly hint: string | undefined;

  constructor(fault: BackupFault, message: string, hint?: string) {
    super(message);
    this.fault = fault;
    this.hint = hint;
  }
}
