/** A password for a rotation, from the generator of the HSM; without characters that connection URLs and shells read. */
import { HSM_LIMITS } from '../../../../hsm/port.ts';
import type { CcmsDeps } from '../../deps.ts';
import {
  buildPassword,
  choicesOf,
  drawFrom,
  type PasswordPlan,
  type PasswordRules,
  planPassword,
} from '../../domain/password.ts';

/** A draw takes two bytes, rarely four: twice as many, and some for short passwords, are never used up. */
const BYTES_FOR_A_CHOICE = 4;
const SPARE_BYTES = 256;

const ROTATED: PasswordRules = { PasswordLength: 40, ExcludePunctuation: true };

/** ASCII; to be zeroed by whoever asked. */
export async function randomPassword({ hsm }: CcmsDeps, plan: PasswordPlan): Promise<Buffer> {
  const bytes = Math.min(HSM_LIMITS.random, choicesOf(plan) * BYTES_FOR_A_CHOICE + SPARE_BYTES);
  const random = await hsm.random(bytes);
  try {
    return buildPassword(plan, drawFrom(random));
  } finally {
    random.fill(0);
  }
}

export function rotatedPassword(deps: CcmsDeps): Promise<Buffer> {
  return randomPassword(deps, planPassword(ROTATED) as PasswordPlan);
}
