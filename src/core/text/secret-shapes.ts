/**
 * Kinds that tell themselves only in their middle or at their end: what must stand there (`{a,b}` stands for each of them), and the whole
 * between two blanks.
 */
export const secretShapes: readonly (readonly [maker: string, hint: string, whole: RegExp])[] = [
  [
    "JSON Web Token",
    "ey",
    /(?<![\w-])(?=[\w-]+\.[\w-]{8})[\w-]*?(?:eyJ[\w-]{8,}\.[\w-]{8,}|ey[A-Za-z0-9]{16,}\.ey[\w/\\-]{16,})(?:\.[\w/\\-]*=*)*/g,
  ],
  // Glued to a word: much of it must be unlike a name behind a dot.
  [
    "HashiCorp Vault before 1.10",
    "s.",
    /(?<=\w)s\.(?=[A-Za-z0-9]*[g-zG-Z])(?=(?:[A-Za-z]*\d+[A-Za-z]+){3})[A-Za-z0-9]{24}(?!\w)/g,
  ],
  ["Convex", "{prod,dev}:", /(?:prod|dev):[a-z]+-[a-z]+-\d+\|[\w+/=-]{30,}/g],
  ["HCP Terraform", ".atlasv1.", /[a-zA-Z0-9]{10,14}\.atlasv1\.[\w=-]{30,}/g],
  ["Harness", "{s,p}at.", /[ps]at\.[\w-]{16,}\.[A-Za-z0-9]{20,}\.[A-Za-z0-9]{16,}/g],
  ["Airtable", "pat", /pat[A-Za-z0-9]{14}\.[a-f0-9]{40,}/g],
  ["Resend", "re_", /re_[A-Za-z0-9]{8}_[A-Za-z0-9]{18,}/g],
  ["Mapbox", "{p,s,t}k.", /[pst]k\.[\w-]{40,}\.[\w-]{16,}/g],
  ["Telnyx", "KEY", /KEY[0-9A-F]{32}_\w{16,}/g],
  [
    "Authress",
    ".acc",
    /(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[\w+/=-]{24,}/gi,
  ],
  ["MaxMind", "_mmk", /[A-Za-z0-9]{6}_[A-Za-z0-9_]{24,32}_mmk/g],
  ["Azure", "Q~", /[\w~.]{3}\dQ~[\w~.-]{24,}/g],
  [
    "Azure, with its mark",
    "{+ASt,AzFu,+ACR,AzSe,ACDb,AIoT,+AEh,+ASb,+ARm,AzCa,+ABa}",
    /[A-Za-z0-9+/_-]{32,}(?:\+A(?:St|CR|Eh|Sb|Rm|Ba)|Az(?:Fu|Se|Ca)|ACDb|AIoT)[A-Za-z0-9+/]{5,}={0,2}/g,
  ],
  ["Azure DevOps", "AZDO", /[A-Za-z0-9]{70}AZDO[A-Za-z0-9]{4}/g],
  ["Azure resources", "JQQJ9", /[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{20,}/g],
  ["Telegram", ":A", /\d{5,16}:A[\w-]{30,}/g],
  ["Facebook app", "{0,1,2,3,4,5,6,7,8,9}{|,%}", /\d{15,16}[|%][\w-]{25,}/g],
  ["Mailchimp", "-us", /[a-f0-9]{32}-us\d{1,2}/g],
  ["New Relic licence", "NRAL", /[a-fA-F0-9]{32,36}NRAL/g],
  // An id in digits, written in base64, then the rest.
  ["Discord bot", "{M,N,O}{D,T,j,z}{A,E,I,M,Q,U,Y,c,g,k}", /[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}/g],
  ["Asana", "{1,2}/1", /[12]\/1\d{12,}(?:\/\d{12,})?:[a-f0-9]{32}/g],
  ["Sidekiq", "contribsys", /[a-f0-9]{8}:[a-f0-9]{8}(?=@(?:gems|enterprise)\.contribsys)/g],
];
