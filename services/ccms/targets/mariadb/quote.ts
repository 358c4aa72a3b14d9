/**
 * Names and texts in MariaDB's statements about accounts, which take no parameters. Right only in the mode that
 * `SESSION_MODE` sets: a backslash is a letter, so the quotation mark is the one thing to double.
 */

export const SESSION_MODE = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES';

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export interface Account {
  readonly username: string;
  /** Where it may come from. */
  readonly host: string;
}

export function quoteAccount(account: Account): string {
  return `${quoteText(account.username)}@${quoteText(account.host)}`;
}
