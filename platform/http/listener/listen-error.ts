/** The port cannot be had; `code` is stable, the message says which address. */
export class ListenError extends Error {
  readonly code: 'PortInUse' | 'PortForbidden' | 'AddressUnavailable' | 'ListenFailed';

  constructor(code: ListenError['code'], message: string) {
    super(message);
    this.name = 'ListenError';
    this.code = code;
  }
}

/** Translates what the operating system said. */
export function listenError(error: NodeJS.ErrnoException, host: string, port: number): ListenError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new ListenError('PortInUse', `port ${port} on ${host} is in use by another process`);
    case 'EACCES':
      return new ListenError('PortForbidden', `port ${port} on ${host} is not open to this user`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ListenError('AddressUnavailable', `address ${host} is not an address of this machine`);
    default:
      return new ListenError('ListenFailed', `port ${port} on ${host} cannot be opened (${error.code ?? 'unknown'})`);
  }
}
