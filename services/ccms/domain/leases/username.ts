/**
 * Names of dynamic users (spec ccms 3.7): `v-<principal>-<role>-<random>-<time>`. The logs of the database show whose
 * user it is, and a user that no lease knows can be found and dated by its name alone.
 */

const PART = 8;
const RANDOM = 20;
/** MySQL's 32 characters hold less of everything. */
const SHORT_PART = 4;
const SHORT_RANDOM = 11;
const LONG_FORM = 2 + PART + 1 + PART + 1 + RANDOM + 1 + 10;
const MAX_SECONDS = 253_402_300_799;

export const USERNAME_PREFIX = 'v-';
/** Characters of randomness that `leaseUsername` needs. */
export const RANDOM_CHARACTERS = RANDOM;

export interface UsernameParts {
  readonly principal: string;
  readonly role: string;
  /** At least `RANDOM_CHARACTERS` of a-z and 0-9. */
  readonly random: string;
  readonly createdAt: number;
}

export function leaseUsername(parts: UsernameParts, maxLength: number): string {
  const long = maxLength >= LONG_FORM;
  const width = long ? PART : SHORT_PART;
  const seconds = Math.floor(parts.createdAt / 1000);
  return [
    'v',
    plain(parts.principal, width),
    plain(parts.role, width),
    parts.random.slice(0, long ? RANDOM : SHORT_RANDOM),
    // Letters in the short form, so that the two cannot be taken for one another.
    long ? String(seconds) : `t${seconds.toString(36)}`,
  ].join('-');
}

/** What every database takes and every log shows, never empty. */
function plain(text: string, width: number): string {
  const kept = text.toLowerCase().replace(/[^a-z0-9]/g, '');
  return kept === '' ? 'x' : kept.slice(0, width);
}

const NAME = /^v-[a-z0-9]{1,8}-[a-z0-9]{1,8}-[a-z0-9]{11,20}-(?:([0-9]{1,12})|t([0-9a-z]{1,8}))$/;

/** When the user was made, in milliseconds; undefined for a name that is not ours. */
export function createdAtOf(username: string): number | undefined {
  const match = NAME.exec(username);
  if (match === null) return undefined;
  const seconds = match[1] === undefined ? Number.parseInt(match[2]!, 36) : Number(match[1]);
  return seconds > MAX_SECONDS ? undefined : seconds * 1000;
}
