/**
 * What AWS says about an operation, from whichever source: published models (with bounds and enumerations) or the
 * schemas inside an SDK client (names, types and required members only).
 */
export interface WireModel {
  /** Where the statements come from, for messages. */
  source: string;
  operations: ReadonlyMap<string, WireOperation>;
  /** Error names as clients see them. */
  errors: ReadonlyMap<string, WireError>;
}

export interface WireOperation {
  input: WireStructure;
  /** Undefined: nothing is answered. */
  output: WireStructure | undefined;
}

export interface WireError {
  /** HTTP status, where the source says it and the protocol uses it. */
  status: number | undefined;
}

export interface WireStructure {
  kind: 'structure';
  name: string;
  members: ReadonlyMap<string, WireMember>;
}

export interface WireMember {
  required: boolean;
  /** Resolved when asked for: models are recursive. */
  shape: () => WireShape;
}

export type WireShape =
  | WireStructure
  | { kind: 'list'; name: string; item: () => WireShape; min?: number; max?: number }
  | { kind: 'map'; name: string; key: () => WireShape; value: () => WireShape }
  | {
      kind: 'string';
      name: string;
      min?: number;
      max?: number;
      values?: readonly string[];
      /** Answered percent-encoded by the Query protocol; undefined where the source does not tell. */
      percentEncoded?: boolean;
    }
  | { kind: 'number'; name: string; min?: number; max?: number }
  | { kind: 'boolean' | 'blob' | 'timestamp' | 'other'; name: string };
