export class PageCache {}
