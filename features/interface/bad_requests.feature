Feature: Bad requests are refused and change nothing
  Each of these requests differs in one thing from a request that is accepted.

  @DUIS-05
  Scenario Outline: A request that is <defect> is refused without side effects
    Given a Commissioned ESME
    When a request for SR11.2 that is <defect> is sent to the ESME
    Then the request is refused
    And nothing of the refused request reached the ESME
    And the same request without the defect is accepted

    Examples:
      | id                | defect                                     |
      | empty             | empty                                      |
      | truncated         | cut off in the middle                      |
      | not-xml           | no document                                |
      | dtd               | preceded by a document type                |
      | entity            | written with an entity of its own          |
      | unsigned          | unsigned                                   |
      | altered           | altered after it was signed                |
      | foreign-signature | signed by another user                     |
      | wrong-signature   | signed with a signature of other data      |
      | wrong-value       | signed with the value of another signature |
      | no-body           | without its body                           |
      | unknown-body      | with a body that nobody knows              |
      | unknown-variant   | of a variant that does not exist           |
      | bad-counter       | numbered without a number                  |
      | extra-element     | with an element too many                   |
      | replayed          | a copy of one that was accepted            |
      | older             | numbered lower than one before             |

  @DUIS-05
  Scenario Outline: The DSP's other services refuse a request that is <defect> too
    Given a Commissioned ESME
    When a request for SR<variant> that is <defect> is sent to the ESME
    Then the request is refused
    And the same request for SR<variant> without the defect is accepted

    Examples:
      | id                        | variant | defect                                |
      | inventory-unsigned        | 8.2     | unsigned                              |
      | inventory-foreign         | 8.2     | signed by another user                |
      | inventory-wrong-signature | 8.2     | signed with a signature of other data |
      | transform-unsigned        | 11.3    | unsigned                              |
      | transform-foreign         | 11.3    | signed by another user                |
      | transform-wrong-signature | 11.3    | signed with a signature of other data |
