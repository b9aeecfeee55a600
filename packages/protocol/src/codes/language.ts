/** Language of a peer, as it travels (`LanguageCode`): the name in JSON headers, the index in binary ones. */
export const languageNames = [
  'JAVA',
  'CPP',
  'DOTNET',
  'PYTHON',
  'DELPHI',
  'ERLANG',
  'RUBY',
  'OTHER',
  'HTTP',
  'GO',
  'PHP',
  'OMS',
  'RUST',
  'NODE_JS',
] as const

export type Language = (typeof languageNames)[number]
