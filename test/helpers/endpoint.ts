/** For endpoints of requests without URLs. */
export function noMedia(url: string): Promise<never> {
  return Promise.reject(new Error(`${url} should not have been fetched`))
}
