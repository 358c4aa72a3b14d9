/** Follows page tokens to the end of a list. */
import type { AnyOperation } from '../platform/contract/operation.ts';
import { ParapetError } from './error.ts';

type Values = Record<string, unknown>;

/**
 * The pages of a list, one request each, as the consumer asks for them. `call` answers one page. Throws `ParapetError`
 * when the operation is not a list, or when the server repeats a token, which would never end.
 */
export async function* pages(
  operation: AnyOperation,
  input: Readonly<Values>,
  call: (input: Values) => Promise<unknown>,
): AsyncGenerator<Values, void, undefined> {
  const { pagination } = operation;
  if (!pagination) throw new ParapetError('Validation', `${operation.name} does not answer in pages`);
  let token: unknown = input[pagination.token];
  for (;;) {
    const page = (await call({ ...input, ...(token !== undefined && { [pagination.token]: token }) })) as Values;
    yield page;
    const next = page[pagination.nextToken];
    const more = pagination.more === undefined || page[pagination.more] !== false;
    if (!more || next === undefined || next === null || next === '') return;
    if (next === token)
      throw new ParapetError('UnreadableAnswer', `the list of ${operation.name} repeats its page token`);
    token = next;
  }
}
