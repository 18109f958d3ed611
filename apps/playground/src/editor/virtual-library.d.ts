// What library-plugin.ts makes.

declare module "virtual:library" {
  /** The sources of the packages: path from the root of the repository, and text. */
  const sources: readonly (readonly [path: string, text: string])[];
  export default sources;
}
