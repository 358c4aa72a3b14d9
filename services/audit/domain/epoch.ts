/**
 * The name that a log has after a restore: that of the first one, the number, and something random, because one backup may be
 * restored more than once and no two histories may have one name.
 */
const SUFFIX = /\/epoch-\d+-[0-9a-f]{8}$/;

export function nextOrigin(origin: string, epoch: number, random: string): string {
  return `${origin.replace(SUFFIX, '')}/epoch-${epoch}-${random.replaceAll('-', '').slice(0, 8)}`;
}
