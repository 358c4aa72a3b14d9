/**
 * Keeps queries and migrations inside the subset that means the same on SQLite and PostgreSQL.
 *
 * Column types in migrations are `text`, `integer` (64-bit; safe integers only), `real` and `blob`; anything else is
 * refused on both engines. SQLite tables become STRICT, PostgreSQL text is ordered by bytes like in SQLite.
 */
import {
  CreateTableNode,
  DataTypeNode,
  type KyselyPlugin,
  OperationNodeTransformer,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  RawNode,
  type RootOperationNode,
  SelectModifierNode,
  SelectQueryNode,
  type UnknownRow,
} from 'kysely';
import { StoreError } from './error.ts';

export type EngineName = 'sqlite' | 'postgres';

const POSTGRES_TYPES: Readonly<Record<string, string>> = {
  text: 'text collate "C"',
  integer: 'bigint',
  real: 'double precision',
  blob: 'bytea',
};

class ColumnTypes extends OperationNodeTransformer {
  readonly #engine: EngineName;

  constructor(engine: EngineName) {
    super();
    this.#engine = engine;
  }

  protected override transformColumnDefinition(
    node: Parameters<OperationNodeTransformer['transformColumnDefinition']>[0],
  ): ReturnType<OperationNodeTransformer['transformColumnDefinition']> {
    const type = DataTypeNode.is(node.dataType) ? node.dataType.dataType : 'a raw type';
    const portable = POSTGRES_TYPES[type];
    if (portable === undefined) {
      throw new StoreError('misuse', `column ${node.column.column.name} has type ${type}, which is not portable`, {
        hint: 'use text, integer, real or blob',
      });
    }
    const transformed = super.transformColumnDefinition(node);
    if (this.#engine === 'sqlite') return transformed;
    return { ...transformed, dataType: RawNode.createWithSql(portable) };
  }
}

abstract class QueryPlugin implements KyselyPlugin {
  abstract transformQuery(args: PluginTransformQueryArgs): RootOperationNode;

  transformResult(args: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return Promise.resolve(args.result);
  }
}

/** For migrations: one text for both engines. */
export class PortableMigrations extends QueryPlugin {
  readonly #engine: EngineName;
  readonly #types: ColumnTypes;

  constructor(engine: EngineName) {
    super();
    this.#engine = engine;
    this.#types = new ColumnTypes(engine);
  }

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    const transformed = this.#types.transformNode(node, queryId);
    if (this.#engine === 'sqlite' && CreateTableNode.is(transformed)) {
      return CreateTableNode.cloneWithEndModifier(transformed, RawNode.createWithSql('strict'));
    }
    return transformed;
  }
}

/** SQLite has no row locks and needs none: a transaction holds the writer from its start. */
export class WithoutRowLocks extends QueryPlugin {
  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    if (!SelectQueryNode.is(node) || node.endModifiers === undefined) return node;
    return { ...node, endModifiers: node.endModifiers.filter((modifier) => !SelectModifierNode.is(modifier)) };
  }
}

/** For `read`: writes and row locks need a transaction, on both engines alike. */
export class OnlyReads extends QueryPlugin {
  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    const allowed = SelectQueryNode.is(node) ? node.endModifiers === undefined : node.kind === 'RawNode';
    if (!allowed) throw new StoreError('misuse', `${node.kind} was sent through read`, { hint: 'use a transaction' });
    return node;
  }
}

/**
 * Parameters as both drivers accept them: booleans become 0 or 1, integers outside the safe range are refused
 * because they would come back as a different number, and zero characters because PostgreSQL text cannot hold them.
 */
export function portableParameters(parameters: readonly unknown[]): unknown[] {
  const bound = new Array<unknown>(parameters.length);
  for (let i = 0; i < parameters.length; i += 1) {
    const value = parameters[i];
    switch (typeof value) {
      case 'boolean':
        bound[i] = value ? 1 : 0;
        break;
      case 'number':
        if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
          throw new StoreError('misuse', 'a number outside the safe integer range was bound');
        }
        bound[i] = value;
        break;
      case 'bigint':
        if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
          throw new StoreError('misuse', 'an integer outside the safe range was bound');
        }
        bound[i] = Number(value);
        break;
      case 'string':
        if (value.includes('\0')) throw new StoreError('misuse', 'a text with a zero character was bound');
        bound[i] = value;
        break;
      default:
        if (value === null || value instanceof Uint8Array) bound[i] = value;
        else throw new StoreError('misuse', `a ${value === undefined ? 'missing value' : typeof value} was bound`);
    }
  }
  return bound;
}
