/**
 * A loaded PKCS#11 library. Guarantees that the library was told to lock (`CKF_OS_LOCKING_OK`): without that flag
 * SoftHSM switches its mutexes off and corrupts memory under concurrent use (spec kms 0.1). There is no other way to
 * initialise it: the calls handed out contain neither `C_Initialize` nor any asynchronous call (open memory bugs,
 * spec kms 0.2), and a library somebody else has initialised in this process is refused, because its flags are unknown.
 */
import type { PKCS11 } from 'pkcs11js';
import { HsmError } from '../port.ts';
import { CKF_OS_LOCKING_OK, CKR } from './constants.ts';
import { describeReturnValue, returnValueOf } from './return-value.ts';

export type Pkcs11Calls = Pick<
  PKCS11,
  | 'C_CloseSession'
  | 'C_CopyObject'
  | 'C_CreateObject'
  | 'C_Decrypt'
  | 'C_DecryptInit'
  | 'C_DestroyObject'
  | 'C_EncryptInit'
  | 'C_FindObjects'
  | 'C_FindObjectsFinal'
  | 'C_FindObjectsInit'
  | 'C_GenerateKey'
  | 'C_GenerateKeyPair'
  | 'C_GenerateRandom'
  | 'C_GetAttributeValue'
  | 'C_GetMechanismInfo'
  | 'C_GetSlotList'
  | 'C_GetTokenInfo'
  | 'C_InitPIN'
  | 'C_InitToken'
  | 'C_Login'
  | 'C_Logout'
  | 'C_OpenSession'
  | 'C_SetAttributeValue'
  | 'C_Sign'
  | 'C_SignInit'
  | 'C_UnwrapKey'
  | 'C_WrapKey'
>;

export interface Pkcs11Module {
  readonly calls: Pkcs11Calls;
  /** Throws `unavailable` when the library cannot be initialised by us, with locking. */
  initialize(): void;
  /** Undoes `initialize`; never throws. All sessions and handles are gone afterwards. */
  finalize(): void;
}

type Lifecycle = Pick<PKCS11, 'C_Initialize' | 'C_Finalize'>;

/** Loads the library at this path; throws `unavailable` when library or native addon are missing. */
export async function loadModule(library: string): Promise<Pkcs11Module> {
  let addon: typeof import('pkcs11js');
  try {
    const imported = (await import('pkcs11js')) as unknown as { default: typeof import('pkcs11js') };
    addon = imported.default;
  } catch (cause) {
    throw new HsmError('unavailable', 'native addon of pkcs11js is not built', {
      hint: 'run `npm rebuild pkcs11js` (npm 11 asks for approval of install scripts first)',
      cause,
    });
  }
  const module = new addon.PKCS11();
  try {
    module.load(library);
  } catch (cause) {
    throw new HsmError('unavailable', `PKCS#11 library ${library} cannot be loaded`, { cause });
  }
  return { calls: module, initialize: () => initializeLocked(module), finalize: () => finalizeQuietly(module) };
}

function initializeLocked(module: Lifecycle): void {
  try {
    module.C_Initialize({ flags: CKF_OS_LOCKING_OK });
  } catch (cause) {
    const returnValue = returnValueOf(cause);
    if (returnValue === CKR.CRYPTOKI_ALREADY_INITIALIZED) {
      throw new HsmError('unavailable', 'PKCS#11 library was initialised by somebody else, perhaps without locking');
    }
    throw new HsmError('unavailable', `PKCS#11 library does not initialise: ${describeReturnValue(returnValue)}`, {
      cause,
    });
  }
}

function finalizeQuietly(module: Lifecycle): void {
  try {
    module.C_Finalize();
  } catch {
    // Not initialised, or a library that is past helping: initialize will tell.
  }
}
