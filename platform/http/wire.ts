/**
 * What the front door needs of a wire protocol: find the declared operation of a request, read its input, write its
 * answer. The native REST API and the AWS protocols are the two implementations.
 */
import type { ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import type { FrontRequest } from './server.ts';

export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

export interface WireCall {
  protocol: 'native' | 'aws';
  /** Undefined: the wire recognised the request as its own, but there is no such operation. */
  operation: AnyOperation | undefined;
  /** Service names a signature for this call may carry in its scope. */
  signingNames: readonly string[];
  /** Reads the input; throws `ServiceError`. Called after authentication. */
  input(): unknown;
  answer(output: unknown): WireAnswer;
  failure(error: ServiceError): WireAnswer;
}

export interface Wire {
  /** Undefined: the request is not of this wire. */
  match(request: FrontRequest): WireCall | undefined;
}
