" Run by vim.client.test.ts in Vim with ALE: does what a user would do, and writes what happened as JSON.
let s:job = json_decode(join(readfile($MICROVM_LENS_JOB), "\n"))
let s:result = {}

" Waits for an event that makes the condition true.
function! s:Wait(what, Condition) abort
  let l:end = localtime() + 60
  while !a:Condition()
    if localtime() > l:end
      throw 'waited in vain: ' . a:what
    endif
    sleep 20m
  endwhile
endfunction

function! s:Errors() abort
  return get(get(g:ale_buffer_info, bufnr(''), {}), 'loclist', [])
endfunction

function! s:Preview() abort
  for l:window in range(1, winnr('$'))
    if getwinvar(l:window, '&previewwindow')
      return join(getbufline(winbufnr(l:window), 1, '$'), "\n")
    endif
  endfor
  return ''
endfunction

function! s:Menu(data, items) abort
  let s:data = a:data
  let s:items = a:items
endfunction

function! s:Run() abort
  let g:ale_linters_explicit = 1
  let g:ale_lint_delay = 0
  let g:ale_lint_on_text_changed = 'always'
  let g:ale_hover_to_preview = 1
  let g:ale_set_balloons = 0
  exe 'set runtimepath^=' . fnameescape(s:job.ale)
  runtime plugin/ale.vim
  exe 'source' fnameescape(s:job.snippet)
  exe 'edit' fnameescape(s:job.file)
  set filetype=nix
  let l:buffer = bufnr('')
  call ale#Queue(0, 'lint_file')
  call s:Wait('diagnostics', {-> !empty(s:Errors())})
  let s:result.diagnostics = map(copy(s:Errors()), 'v:val.text')
  let l:error = s:Errors()[0]
  let s:result.underlined = strpart(getline(l:error.lnum), l:error.col - 1, l:error.end_col - l:error.col + 1)
  call cursor(l:error.lnum, l:error.col)

  ALEHover
  call s:Wait('hover', {-> s:Preview() !=# ''})
  let s:result.hover = s:Preview()
  exe bufwinnr(l:buffer) . 'wincmd w'

  call ale#codefix#Execute(0, function('s:Menu'))
  call s:Wait('code actions', {-> exists('s:items')})
  let s:result.actions = map(copy(s:items), 'v:val[1].title')
  let l:wanted = filter(copy(s:items), 'v:val[1].title =~# s:job.fix')[0]
  call ale#codefix#ApplyLSPCodeAction(s:data, l:wanted[1])
  write
  call s:Wait('the diagnostic to go', {-> empty(s:Errors())})
  let s:result.gone = v:true
endfunction

try
  call s:Run()
catch
  let s:result.problem = v:exception . ' at ' . v:throwpoint
endtry
call writefile([json_encode(s:result)], s:job.result)
qall!
