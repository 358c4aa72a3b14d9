/**
 * The typed client: one method per declared operation, grouped by area, and `paginate` for the lists. Types come from
 * the declarations by inference; nothing here knows a service.
 */
import type { z } from 'zod';
import { decoder, encoder } from '../platform/contract/codec.ts';
import type { AnyOperation, OutputOf } from '../platform/contract/operation.ts';
import { shapeTree } from '../platform/contract/shape-tree.ts';
import { checkInput, jsonPointer } from '../platform/contract/validation.ts';
import { ParapetError } from './error.ts';
import type { CallOptions, Exchange } from './exchange.ts';
import { pages } from './paginate.ts';

export type Operations = Readonly<Record<string, AnyOperation>>;

/** What a caller passes: members with a default may be left out. Blobs are `Buffer`, timestamps milliseconds. */
type InputFor<Op extends AnyOperation> = z.input<Op['input']>;

/** The input may be left out where no member of it is required. */
type Arguments<I> =
  Record<never, never> extends I ? [input?: I, options?: CallOptions] : [input: I, options?: CallOptions];

type Method<Op extends AnyOperation> = (...args: Arguments<InputFor<Op>>) => Promise<OutputOf<Op>>;
type Paginate<Op extends AnyOperation> = (
  ...args: Arguments<InputFor<Op>>
) => AsyncGenerator<OutputOf<Op>, void, undefined>;

type AreaClient<Ops extends Operations> = {
  readonly [Name in keyof Ops & string as Uncapitalize<Name>]: Method<Ops[Name]>;
} & {
  /** Pages of the lists; a method of an operation that is not a list throws. */
  readonly paginate: { readonly [Name in keyof Ops & string as Uncapitalize<Name>]: Paginate<Ops[Name]> };
};

export type AreaClients<Areas extends Record<string, Operations>> = {
  readonly [Area in keyof Areas]: AreaClient<Areas[Area]>;
};

type LooseInput = Record<string, unknown> | undefined;

/** Calls one operation with neutral values. The input is checked here first: a broken one never leaves the process. */
async function callOperation(
  exchange: Exchange,
  operation: AnyOperation,
  input: LooseInput,
  options?: CallOptions,
): Promise<unknown> {
  const given = input ?? {};
  const checked = checkInput(operation.input, given);
  if (!checked.ok) throw invalidInput(checked.issues);
  const native = encoder(shapeTree(operation.input), 'native')(given) as Record<string, unknown>;
  const answer = await exchange(operation, native, options);
  return operation.output === undefined ? undefined : decoder(shapeTree(operation.output), 'native')(answer ?? {});
}

/** The local twin of the server's Validation error. */
export function invalidInput(
  issues: readonly { path: (string | number)[]; message: string; rule: string }[],
): ParapetError {
  const first = issues[0];
  const message = first ? `${jsonPointer(first.path) || 'the input'} ${first.message}` : 'the input is not valid';
  return new ParapetError('Validation', message, {
    hint: 'the request was not sent',
    issues: issues.map(({ path, message, rule }) => ({ pointer: jsonPointer(path), message, rule })),
  });
}

export function bindAreas<Areas extends Record<string, Operations>>(
  areas: Areas,
  exchange: Exchange,
): AreaClients<Areas> {
  const clients: Record<string, unknown> = {};
  for (const [area, operations] of Object.entries(areas)) {
    const methods: Record<string, unknown> = Object.create(null);
    const paginate: Record<string, unknown> = Object.create(null);
    for (const operation of Object.values(operations)) {
      const name = operation.name.charAt(0).toLowerCase() + operation.name.slice(1);
      methods[name] = (input: LooseInput, options?: CallOptions) => callOperation(exchange, operation, input, options);
      paginate[name] = (input: LooseInput, options?: CallOptions) =>
        pages(operation, input ?? {}, (page) => callOperation(exchange, operation, page, options));
    }
    methods.paginate = paginate;
    clients[area] = methods;
  }
  return clients as AreaClients<Areas>;
}
