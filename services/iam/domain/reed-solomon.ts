/** Reed-Solomon correction over GF(256) with the polynomial 0x11D, as QR codes use it. */

function multiply(a: number, b: number): number {
  let product = 0;
  for (let i = 7; i >= 0; i--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((b >>> i) & 1) * a;
  }
  return product;
}

/** (x - 1)(x - 2)(x - 4)... without its leading coefficient, highest power first. */
function generator(degree: number): number[] {
  const result = new Array<number>(degree).fill(0);
  result[degree - 1] = 1;
  let root = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) {
      result[j] = multiply(result[j] as number, root);
      if (j + 1 < degree) result[j] = (result[j] as number) ^ (result[j + 1] as number);
    }
    root = multiply(root, 2);
  }
  return result;
}

/** The remainder of the data, shifted by `degree` bytes, divided by the generator. */
export function correctionBytes(data: Uint8Array, degree: number): number[] {
  const divisor = generator(degree);
  const rest = new Array<number>(degree).fill(0);
  for (const byte of data) {
    const factor = byte ^ (rest.shift() as number);
    rest.push(0);
    divisor.forEach((coefficient, i) => {
      rest[i] = (rest[i] as number) ^ multiply(coefficient, factor);
    });
  }
  return rest;
}
