/** Shapes as JSON Schema 2020-12, the dialect of OpenAPI 3.1. Structures with a title are shared components. */
import type { Shape } from '../../platform/contract/shape-tree.ts';

export type JsonObject = Record<string, unknown>;

/** input: unknown members are refused, as the service does; output: readers must tolerate members of later versions. */
export type Direction = 'input' | 'output';

export class SchemaWriter {
  /** Component schemas by name. */
  readonly components = new Map<string, JsonObject>();

  /** `area` keeps titles of different services apart. Throws when two shapes of an area share a title. */
  write(shape: Shape, area: string, direction: Direction): JsonObject {
    const schema = this.inline(shape, area, direction);
    if (shape.title === undefined || shape.kind !== 'structure') return schema;
    const name = `${area}.${shape.title}${direction === 'input' ? '.Input' : ''}`;
    const known = this.components.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema))
      throw new Error(`two shapes are called ${name}`);
    this.components.set(name, schema);
    return { $ref: `#/components/schemas/${name}` };
  }

  private inline(shape: Shape, area: string, direction: Direction): JsonObject {
    const secret = shape.secret ? { 'x-parapet-secret': true } : {};
    switch (shape.kind) {
      case 'structure': {
        const required = shape.members.filter((m) => m.required).map((m) => m.name);
        return {
          type: 'object',
          properties: Object.fromEntries(shape.members.map((m) => [m.name, this.write(m.shape, area, direction)])),
          ...(required.length > 0 && { required }),
          ...(direction === 'input' && { additionalProperties: false }),
        };
      }
      case 'list':
        return { type: 'array', items: this.write(shape.item, area, direction), ...lengths(shape, 'Items') };
      case 'map':
        return {
          type: 'object',
          propertyNames: this.write(shape.key, area, direction),
          additionalProperties: this.write(shape.value, area, direction),
        };
      case 'string':
        return {
          type: 'string',
          ...lengths(shape, 'Length'),
          ...(shape.pattern && { pattern: shape.pattern.source }),
          ...(shape.values && { enum: shape.values }),
          ...(shape.document && { contentMediaType: 'application/json' }),
          ...secret,
        };
      case 'integer':
      case 'number':
        return {
          type: shape.kind,
          ...(shape.min !== undefined && { minimum: shape.min }),
          ...(shape.max !== undefined && { maximum: shape.max }),
        };
      case 'boolean':
        return { type: 'boolean' };
      case 'blob':
        return { type: 'string', contentEncoding: 'base64', ...secret };
      case 'timestamp':
        return { type: 'string', format: 'date-time' };
      default:
        return {};
    }
  }
}

function lengths(shape: { min?: number; max?: number }, unit: 'Length' | 'Items'): JsonObject {
  return {
    ...(shape.min !== undefined && { [`min${unit}`]: shape.min }),
    ...(shape.max !== undefined && { [`max${unit}`]: shape.max }),
  };
}
