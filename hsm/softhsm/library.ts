import { existsSync } from 'node:fs';
import { HsmError } from '../port.ts';

/** Where distributions and source builds put the library, preferred first (a local build is the newer one). */
export const SOFTHSM_LIBRARIES = [
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
] as const;

export const SOFTHSM_HINT = 'install the package softhsm2 (Debian, Ubuntu: apt-get install softhsm2)';

/** Path of the SoftHSM library; throws `unavailable` naming the package to install. */
export function findSoftHsmLibrary(candidates: readonly string[] = SOFTHSM_LIBRARIES): string {
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) {
    throw new HsmError('unavailable', `SoftHSM library is not installed: ${SOFTHSM_HINT}`, { hint: SOFTHSM_HINT });
  }
  return found;
}
