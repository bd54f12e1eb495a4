/** @type {import('next').NextConfig} */
export default {
  devIndicators: false,
  // The packages are in the folder above.
  outputFileTracingRoot: new URL('..', import.meta.url).pathname,
  poweredByHeader: false,
};
