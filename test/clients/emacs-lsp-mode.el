;;; Run by emacs.client.test.ts in Emacs with lsp-mode: does what a user would do, and writes what happened as JSON.  -*- lexical-binding: t -*-
(require 'json)
(require 'lsp-mode)

(define-derived-mode nix-mode prog-mode "Nix" "What the package nix-mode provides, as far as lsp-mode needs it.")

(defvar lens-job (with-temp-buffer
                   (insert-file-contents (getenv "MICROVM_LENS_JOB"))
                   (json-parse-buffer :object-type 'plist :array-type 'list)))
(defvar lens-patience 60)

(defun lens-wait (what condition)
  "Wait for an event that makes CONDITION true; signal WHAT when none comes."
  (let ((end (time-add nil lens-patience)))
    (while (not (funcall condition))
      (when (time-less-p end nil) (error "waited in vain: %s" what))
      (accept-process-output nil 0.05))))

(defun lens-diagnostics ()
  "What the server published last about the file of this buffer."
  (gethash (lsp--fix-path-casing buffer-file-name) (lsp-diagnostics)))

(defun lens-words (range)
  "The text of a RANGE of the protocol."
  (buffer-substring-no-properties (lsp--position-to-point (lsp:range-start range)) (lsp--position-to-point (lsp:range-end range))))

(defun lens-run ()
  (setq lsp-auto-guess-root t
        lsp-keep-workspace-alive nil
        lsp-enable-file-watchers nil
        lsp-enable-snippet nil
        lsp-warn-no-matched-clients nil
        ;; What lsp-mode would do for the eyes of a user, in a buffer that nobody sees.
        lsp-modeline-code-actions-enable nil
        lsp-headerline-breadcrumb-enable nil
        lsp-lens-enable nil
        lsp-diagnostics-provider :none)
  ;; What docs/editors.md tells users to write.
  (load (plist-get lens-job :snippet) nil t)
  (find-file (plist-get lens-job :file))
  (nix-mode)
  (lsp)
  (lens-wait "diagnostics" #'lens-diagnostics)
  (let* ((first (seq-elt (lens-diagnostics) 0))
         (range (lsp:diagnostic-range first))
         (result (list :diagnostics (vconcat (seq-map #'lsp:diagnostic-message (lens-diagnostics)))
                       :underlined (lens-words range))))
    (goto-char (lsp--position-to-point (lsp:range-start range)))
    (let ((hover (lsp-request "textDocument/hover" (lsp--text-document-position-params))))
      (setq result (plist-put result :hover (lsp:markup-content-value (lsp:hover-contents hover)))))
    (let* ((actions (append (lsp-code-actions-at-point) nil))
           (wanted (seq-find (lambda (action) (string-match-p (plist-get lens-job :fix) (lsp:code-action-title action))) actions)))
      (setq result (plist-put result :actions (vconcat (mapcar #'lsp:code-action-title actions))))
      (lsp-execute-code-action wanted)
      (save-buffer))
    (lens-wait "the diagnostic to go" (lambda () (seq-empty-p (lens-diagnostics))))
    (setq result (plist-put result :gone t))
    (kill-buffer)
    result))

(let ((result (condition-case problem (lens-run) (error (list :problem (error-message-string problem))))))
  (with-temp-file (plist-get lens-job :result) (insert (json-serialize result))))
