/** Refusing sizes out of range. */
import { HSM_LIMITS, HsmError, type MessageContext } from '../port.ts';

export function requireContext(context: MessageContext): void {
  requireSize('header', context.header, 0, HSM_LIMITS.header);
  requireSize('aad', context.aad, 0, HSM_LIMITS.aad);
}

export function requireSize(what: string, value: Buffer, least: number, most: number): void {
  if (value.length < least || value.length > most) {
    throw new HsmError('invalid', `${what} is ${value.length} bytes long, not ${least} to ${most}`);
  }
}

export function requireCount(what: string, bytes: number, most: number): void {
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > most) {
    throw new HsmError('invalid', `${what} is not 1 to ${most} bytes long`);
  }
}

export function requireRootVersion(version: number): void {
  if (!Number.isInteger(version) || version < 1 || version > HSM_LIMITS.rootVersion) {
    throw new HsmError('invalid', `root version is not 1 to ${HSM_LIMITS.rootVersion}`);
  }
}

/** One byte per character, so that no two labels have the same bytes. */
export function requireLabel(label: string): void {
  let printable = label.length > 0 && label.length <= HSM_LIMITS.label;
  for (let at = 0; printable && at < label.length; at += 1) {
    const unit = label.charCodeAt(at);
    printable = unit > 0x20 && unit < 0x7f;
  }
  if (!printable) throw new HsmError('invalid', `label is not 1 to ${HSM_LIMITS.label} printable ASCII characters`);
}
